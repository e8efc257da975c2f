import {randomUUID} from 'node:crypto'

/**
 * Makes a UUID of version 7, which begins with the time in milliseconds. New ones are next to each other in their index, while
 * random ones change another page each time, which in a large shop is not in memory, and goes into the WAL whole.
 */
// eslint-disable-next-line no-restricted-properties -- the time of day, which may jump: only most ids have to be in order
export function newRequestId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0')
  // Of a random UUID, all from the version on is kept but the version itself.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
