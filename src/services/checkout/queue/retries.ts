import {isBasketKey, productKey, type SetAside, type Waiting} from './waiting.ts'

/** The pause between two tries of a job that was set aside. */
export const retryEveryMs = 250

/** `products` may be locked. The job is tried again from `retryAt` on. */
export function setAside(waiting: Waiting, products: number[], retryAt: number): SetAside {
  return {...waiting, lockedKeys: [...waiting.keys.filter(isBasketKey), ...products.map(productKey)], retryAt}
}

/** The jobs without an earlier one of the same products or basket. The others wait for its end. */
export function findReady(jobs: readonly SetAside[], keysInUse: ReadonlySet<string>): SetAside[] {
  const blocked = new Set(keysInUse)
  return jobs.filter(({keys}) => {
    const isReady = !keys.some((key) => blocked.has(key))
    if (!isReady) for (const key of keys) blocked.add(key)
    return isReady
  })
}

/** Chooses the jobs that wait for the same locks as `first`, so that none overtakes another. */
export function chooseRetry(first: SetAside, ready: readonly SetAside[], batchSize: number): Set<SetAside> {
  const together = retriedWith(first, ready)
  const batch = new Set<SetAside>()
  const closed = new Set<number>()
  for (const waiting of ready) {
    const {job} = waiting
    if (batch.size === batchSize) break
    if (!together.has(waiting) || (job.kind !== 'order' && closed.has(job.userId))) continue
    batch.add(waiting)
    if (job.kind === 'checkout') closed.add(job.userId)
  }
  return batch
}

/**
 * The jobs that may need the same locks as `first`, directly or by way of others. If no product is known to be locked, as
 * with a locked buyer, these are all such jobs.
 */
function retriedWith(first: SetAside, jobs: readonly SetAside[]): Set<SetAside> {
  const together = new Set<SetAside>()
  const keys = new Set<string>()
  const add = (job: SetAside): void => {
    together.add(job)
    for (const key of job.lockedKeys) keys.add(key)
  }
  for (const job of hasLockedProduct(first) ? [first] : jobs.filter((job) => !hasLockedProduct(job))) add(job)
  for (let known = -1; known < keys.size;) {
    known = keys.size
    for (const job of jobs) if (!together.has(job) && job.lockedKeys.some((key) => keys.has(key))) add(job)
  }
  return together
}

function hasLockedProduct({lockedKeys}: SetAside): boolean {
  return !lockedKeys.every(isBasketKey)
}
