import type {Reader} from '../db/replicas/replicas.ts'

type Reading = {current: Promise<unknown>; next?: Promise<unknown>}

export type Coalesce = <T>(key: string, read: () => Promise<T>) => Promise<T>

/**
 * Requests for the same thing share one database read instead of each making their own. A request never joins a read
 * that began before it arrived, so it cannot see older data: requests that arrive during a read share the next one.
 */
export function createCoalescer(): Coalesce {
  const readings = new Map<string, Reading>()

  async function start<T>(key: string, read: () => Promise<T>): Promise<T> {
    const current = read()
    const reading: Reading = {current}
    readings.set(key, reading)
    try {
      return await current
    } finally {
      // The next read may already own the key.
      if (reading.next === undefined) readings.delete(key)
    }
  }

  return async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const reading = readings.get(key)
    if (!reading) return start(key, read)
    reading.next ??= reading.current.then(
      async () => start(key, read),
      async () => start(key, read),
    )
    return reading.next as Promise<T>
  }
}

/**
 * A part of the key for what a replica may answer: the read of one who has not written must not be shared with one who has,
 * and must see it.
 */
export function readKey(reader: Reader): string {
  return reader?.recentWrites?.join() ?? ''
}
