type Look = {current: Promise<unknown>; next?: Promise<unknown>}

export type Share = <T>(key: string, look: () => Promise<T>) => Promise<T>

/**
 * Lets requests that ask for the same thing at the same time share one look at the database. It began after each of them
 * arrived, so that nobody sees what is older than the request: who comes while a look is under way shares the next one.
 */
export function createShare(): Share {
  const looks = new Map<string, Look>()

  async function start<T>(key: string, look: () => Promise<T>): Promise<T> {
    const current = look()
    const entry: Look = {current}
    looks.set(key, entry)
    try {
      return await current
    } finally {
      // Unless the next one has begun.
      if (entry.next === undefined) looks.delete(key)
    }
  }

  return async <T>(key: string, look: () => Promise<T>): Promise<T> => {
    const entry = looks.get(key)
    if (!entry) return start(key, look)
    entry.next ??= entry.current.then(
      async () => start(key, look),
      async () => start(key, look),
    )
    return entry.next as Promise<T>
  }
}
