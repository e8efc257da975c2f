import type {StockLevelRow} from '../../db/tables.ts'
import {OutOfStockError, type Shortage} from '../../errors.ts'
import type {OrderItem} from '../checkout/new-order.ts'

/** So many units of a product out of one pool. */
export type Allocation = {
  productId: number
  poolId: number
  quantity: number
}

/** What is left of locked stock levels while the orders of a batch are decided one after the other. */
export class Shelf {
  readonly #left = new Map<number, Map<number, number>>()

  constructor(levels: StockLevelRow[]) {
    for (const {product_id, pool_id, on_hand, reserved} of levels) {
      const pools = this.#left.get(product_id) ?? new Map<number, number>()
      this.#left.set(product_id, pools.set(pool_id, on_hand - reserved))
    }
  }

  /** Throws OutOfStockError with every item of which there is not enough. */
  requireStock(items: OrderItem[]): void {
    const shortages = items.flatMap(({productId, quantity}): Shortage[] => {
      const available = this.#available(productId)
      return available < quantity ? [{productId, requested: quantity, available}] : []
    })
    if (shortages.length > 0) throw new OutOfStockError(shortages)
  }

  /** Each item comes out of the first pool that has enough of it, or else out of several. */
  take(items: OrderItem[]): Allocation[] {
    return items.flatMap((item) => this.#takeItem(item))
  }

  #available(productId: number): number {
    let sum = 0
    for (const left of this.#left.get(productId)?.values() ?? []) sum += left
    return sum
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
