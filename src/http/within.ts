import {setTimeout as delay} from 'node:timers/promises'

/** Waits for the end of something that cannot be relied on to end. */
export async function within(end: Promise<unknown>, ms: number): Promise<void> {
  const deadline = new AbortController()
  await Promise.race([end, delay(ms, undefined, {signal: deadline.signal}).catch(() => undefined)])
  deadline.abort()
}
