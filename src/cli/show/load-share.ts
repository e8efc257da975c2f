import type {LoadProgress} from '../../services/transfer/load.ts'

/** At which share of the whole each step begins, as measured with 100,000 products. */
const beginnings: Record<Exclude<LoadProgress['step'], 'reading'>, number> = {
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

/** Of a load from a file of `size` bytes. Undefined while something without a size is read. */
export function shareOfLoad({step, bytes}: LoadProgress, size: number | undefined): number | undefined {
  if (step !== 'reading') return beginnings[step]
  return size === undefined || size === 0 ? undefined : Math.min(bytes / size, 1) * beginnings.checking
}
