import {retryEveryMs} from './retries.ts'
import {basketKey, isBasketKey, type SetAside, type Waiting} from './waiting.ts'

/** Keeps a batch of large orders from holding its locks for long. */
const mostBatchItems = 1000

/** What becomes of the waiting jobs, each list by arrival. */
export type Choice = {
  batch: Waiting[]
  /** These need what others were set aside for, and join them. */
  joining: SetAside[]
  rest: Waiting[]
}

/**
 * Chooses the jobs that can go now. A job that must wait reserves its keys, so that none overtakes it, and so does one that
 * was set aside and is to be tried again.
 */
export function chooseBatch(
  waiting: readonly Waiting[],
  setAside: readonly SetAside[],
  {keysInUse, batchSize, now}: {keysInUse: ReadonlySet<string>; batchSize: number; now: number},
): Choice {
  const choice: Choice = {batch: [], joining: [], rest: []}
  const {batch, joining, rest} = choice
  const overdue = setAside.filter(({retryAt}) => retryAt <= now)
  const reserved = new Set([...keysInUse, ...overdue.flatMap(({keys}) => keys)])
  const locked = new Set(setAside.flatMap(({lockedKeys}) => lockedKeys))
  let batchItems = 0
  for (const one of waiting) {
    const {job, keys, weight} = one
    if (locked.size > 0 && keys.some((key) => locked.has(key))) {
      const lockedKeys = keys.filter((key) => isBasketKey(key) || locked.has(key))
      for (const key of lockedKeys) locked.add(key)
      joining.push({...one, lockedKeys, retryAt: now + retryEveryMs})
    } else if (
      batch.length < batchSize &&
      (batch.length === 0 || batchItems + weight <= mostBatchItems) &&
      keys.every((key) => !reserved.has(key))
    ) {
      batch.push(one)
      batchItems += weight
      // It closes the basket, and what its user asks for next concerns another one.
      if (job.kind === 'checkout') reserved.add(basketKey(job.userId))
    } else {
      for (const key of keys) reserved.add(key)
      rest.push(one)
    }
  }
  return choice
}
