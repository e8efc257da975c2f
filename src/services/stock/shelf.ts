import type {StockLevelRow} from '../../db/tables.ts'
import {OutOfStockError, type Shortage, type Wanted} from '../../errors.ts'
import type {OrderItem} from '../checkout/new-order.ts'

/** Units of a product taken from one stock pool. */
export type Allocation = {
  productId: number
  poolId: number
  quantity: number
}

/** The stock that is free in locked levels while the jobs of a batch are decided one after another. */
export class Shelf {
  readonly #left = new Map<number, Map<number, number>>()

  constructor(levels: StockLevelRow[]) {
    for (const {product_id, pool_id, on_hand, reserved} of levels) this.put(product_id, pool_id, on_hand - reserved)
  }

  /** Throws OutOfStockError that lists every item with too little stock. */
  requireStock(items: OrderItem[]): void {
    requireAvailable(items, (productId) => this.available(productId))
  }

  available(productId: number): number {
    let sum = 0
    for (const left of this.#left.get(productId)?.values() ?? []) sum += left
    return sum
  }

  put(productId: number, poolId: number, quantity: number): void {
    const pools = this.#left.get(productId) ?? new Map<number, number>()
    this.#left.set(productId, pools.set(poolId, (pools.get(poolId) ?? 0) + quantity))
  }

  /** Takes each item from the first stock pool that has enough of it, or else from several. */
  take(items: OrderItem[]): Allocation[] {
    return items.flatMap((item) => this.#takeItem(item))
  }

  #takeItem({productId, quantity}: OrderItem): Allocation[] {
    const pools = this.#left.get(productId) ?? new Map<number, number>()
    const single = [...pools].find(([, left]) => left >= quantity)
    const sources = single ? [single] : [...pools]

    const allocations: Allocation[] = []
    let missing = quantity
    for (const [poolId, left] of sources) {
      const taken = Math.min(left, missing)
      if (taken === 0) continue
      missing -= taken
      pools.set(poolId, left - taken)
      allocations.push({productId, poolId, quantity: taken})
    }
    return allocations
  }
}

/** Throws OutOfStockError that lists every item with too little stock. */
export function requireAvailable(
  items: OrderItem[],
  availableOf: (productId: number) => number,
  of: Wanted = 'order',
): void {
  const shortages = items.flatMap(({productId, quantity}): Shortage[] => {
    const available = availableOf(productId)
    return available < quantity ? [{productId, requested: quantity, available}] : []
  })
  if (shortages.length > 0) throw new OutOfStockError(shortages, of)
}
