import type {WaitTrace} from '../../../tracing.ts'
import {itemsOf, type Job} from '../jobs.ts'
import type {BatchOutcome} from '../place-batch.ts'

/** A job in the queue. */
export type Waiting = {
  job: Job
  /** Counts the jobs, since those that arrive in one turn have the same deadline. */
  arrival: number
  /** What no other lane may use at the same time: the keys of its products, and of the basket. */
  keys: string[]
  weight: number
  isAbandoned: () => boolean
  settle: (outcome: BatchOutcome) => void
  /** When to stop waiting for a lane or a lock, in the time of `performance.now()`: the time of day may jump. */
  deadline: number
  /** The span of the wait, if requests are traced. */
  wait: WaitTrace | undefined
}

/** A job that needs what another session has locked, and the keys that may be locked. */
export type SetAside = Waiting & {lockedKeys: string[]; retryAt: number}

export function keysOf(job: Job): string[] {
  const keys = itemsOf(job).map(({productId}) => productKey(productId))
  if (job.kind !== 'order') keys.push(basketKey(job.userId))
  return keys
}

/** A string, since V8 hashes numbers without a seed: chosen product ids could all collide in a Set. */
export function productKey(id: number): string {
  return `p${id}`
}

export function basketKey(userId: number): string {
  return `b${userId}`
}

export function isBasketKey(key: string): boolean {
  return key.startsWith('b')
}
