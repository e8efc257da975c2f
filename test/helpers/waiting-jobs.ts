import type {Job} from '../../src/services/checkout/jobs.ts'
import {setAside} from '../../src/services/checkout/queue/retries.ts'
import {keysOf, type SetAside, type Waiting} from '../../src/services/checkout/queue/waiting.ts'
import {usdOrder} from './shop.ts'

const anna = 1

export function waitingJob(job: Job, weight = 1): Waiting {
  const settle = (): void => undefined
  return {job, keys: keysOf(job), weight, arrival: 0, isAbandoned: () => false, settle, deadline: 0, wait: undefined}
}

/** One of each product. */
export function waitingOrder(...productIds: number[]): Waiting {
  const items = productIds.map((productId) => ({productId, quantity: 1}))
  return waitingJob(usdOrder(anna, items))
}

/** `lockedIds` are those of the products that may be locked. */
export function setAsideOrder(productIds: number[], lockedIds: number[], retryAt = 1000): SetAside {
  return setAside(waitingOrder(...productIds), lockedIds, retryAt)
}
