import type {UpdateProgress} from '../../services/transfer/update/update-products.ts'

/** At which share of the whole each step begins, as measured with a million lines that change everything. */
const beginnings: Record<Exclude<UpdateProgress['step'], 'reading'>, number> = {
  checking: 0.1,
  comparing: 0.15,
  locking: 0.25,
  products: 0.35,
  prices: 0.45,
  stock: 0.58,
  listing: 0.78,
}

/** Of an update from a file of `size` bytes. Undefined while something without a size is read. */
export function shareOfUpdate({step, bytes}: UpdateProgress, size: number | undefined): number | undefined {
  if (step !== 'reading') return beginnings[step]
  return size === undefined || size === 0 ? undefined : Math.min(bytes / size, 1) * beginnings.checking
}
