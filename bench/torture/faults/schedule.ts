import {seededRandom} from '../random.ts'

export const faultNames = [
  'kill-shop',
  'kill-worker',
  'kill-database',
  'failover',
  'partition',
  'pause',
  'clock',
  'provider',
] as const

export type FaultName = (typeof faultNames)[number]

/** When a fault strikes, and how: times in milliseconds, `variant` a number from 0 up to 1 for each choice. */
export type Strike = {fault: FaultName; at: number; forMs: number; variant: [number, number, number]}

const firstMs = 4000
/** What is left of the run after the last strike. */
const quietMs = 15_000

/** Each kind strikes about as often, in an order and at times that the seed decides. */
export function scheduleFaults(seed: number, faults: readonly FaultName[], runMs: number): Strike[] {
  const random = seededRandom(seed, 'faults')
  const strikes: Strike[] = []
  let waiting: FaultName[] = []
  let hasPausedLong = false
  for (let at = firstMs; at < runMs - quietMs && faults.length > 0; at += random.between(4000, 12_000)) {
    if (waiting.length === 0) waiting = [...faults]
    const [fault] = waiting.splice(random.between(0, waiting.length - 1), 1)
    if (fault === undefined) continue
    let forMs = random.between(1000, 12_000)
    const variant: Strike['variant'] = [random.next(), random.next(), random.next()]
    // Once, a worker hangs for longer than any lease and time limit of the shop, while others go on.
    if (fault === 'pause' && !hasPausedLong && at + longPauseMs < runMs - quietMs) {
      hasPausedLong = true
      forMs = longPauseMs
      variant[0] = workerOfFirst
      variant[1] = 1 - variant[1] / 2
    }
    strikes.push({fault, at, forMs: Math.min(forMs, runMs - quietMs - at), variant})
    // Sometimes the next one strikes at once.
    if (random.chance(0.2)) at -= 3000
  }
  return strikes
}

const longPauseMs = 75_000

/** In `strike`, stands for the shop rather than the database, and for its first replica. */
const workerOfFirst = 0.4
