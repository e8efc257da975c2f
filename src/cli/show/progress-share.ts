import type {LoadProgress} from '../../services/transfer/load.ts'
import type {UpdateProgress} from '../../services/transfer/update/update-products.ts'

/** At which share of the whole each step begins, by the step. The file is read before `checking`. */
type Beginnings<Step extends string> = Record<Exclude<Step, 'reading'> | 'checking', number>

/** As measured with 100,000 products. */
export const stepsOfLoad: Beginnings<LoadProgress['step']> = {
  checking: 0.45,
  comparing: 0.51,
  users: 0.52,
  products: 0.54,
  stock: 0.58,
  prices: 0.63,
  orders: 0.69,
  listing: 0.77,
  committing: 0.99,
}

/** As measured with a million lines that change everything. */
export const stepsOfUpdate: Beginnings<UpdateProgress['step']> = {
  checking: 0.1,
  comparing: 0.15,
  locking: 0.25,
  products: 0.35,
  prices: 0.45,
  stock: 0.58,
  listing: 0.78,
}

/** Of what reads a file of `size` bytes. Undefined while something without a size is read. */
export function progressShare<Step extends string>(
  beginnings: Beginnings<Step>,
  {step, bytes}: {step: Step; bytes: number},
  size: number | undefined,
): number | undefined {
  if (step !== 'reading') return beginnings[step as Exclude<Step, 'reading'>]
  return size === undefined || size === 0 ? undefined : Math.min(bytes / size, 1) * beginnings.checking
}
