import type {AdjustedStock} from '../services/stock/adjust.ts'
import type {MovedStock} from '../services/stock/move.ts'
import type {PoolSummary} from '../services/stock/pools.ts'

/** The stock of a product in a stock pool, before and after a change. */
export type AdjustedStockJson = {product_id: number; pool: string; before: number; after: number}

export function adjustedStockJson({productId, pool, before, after}: AdjustedStock): AdjustedStockJson {
  return {product_id: productId, pool, before, after}
}

type PoolChangeJson = Omit<AdjustedStockJson, 'product_id'>

export type MovedStockJson = {product_id: number; quantity: number; from: PoolChangeJson; to: PoolChangeJson}

export function movedStockJson({productId, ...move}: MovedStock): MovedStockJson {
  return {product_id: productId, ...move}
}

/** `products` is how many products have stock in the pool. */
export type PoolSummaryJson = {
  id: number
  name: string
  products: number
  on_hand: number
  reserved: number
  free: number
}

export function poolSummaryJson({onHand, reserved, free, ...pool}: PoolSummary): PoolSummaryJson {
  return {...pool, on_hand: onHand, reserved, free}
}
