import type {z} from 'zod'

import {formatAmount} from '../money.ts'
import type {Product} from '../services/catalogue/list.ts'
import type {ProductRecord} from '../services/products/product-record.ts'
import type {ProductState} from '../services/products/products.ts'
import {priceJson, type PriceJson} from './price.ts'
import type * as schemas from './schemas.ts'

export type ProductJson = z.output<typeof schemas.Product>

export function productJson({id, name, quantityInStock, price, currency}: Product): ProductJson {
  return {id, name, quantity_in_stock: quantityInStock, price: formatAmount(price, currency), currency}
}

/** What operators can change of a product. */
export type ProductStateJson = {
  id: number
  name: string
  sku: string | null
  enabled: boolean
  max_per_order: number | null
}

export function productStateJson({id, name, sku, enabled, maxPerOrder}: ProductState): ProductStateJson {
  return {id, name, sku, enabled, max_per_order: maxPerOrder}
}

/** A product as operators see it. */
export type ProductRecordJson = ProductStateJson & {
  created_at: string
  prices: PriceJson[]
  stock: {pool: string; on_hand: number; reserved: number; free: number; next_expiry: string | null}[]
  stock_movements: {
    created_at: string
    pool: string
    delta: number
    reason: string
    order_id: number | null
    operator: string | null
    note: string | null
  }[]
}

export function productRecordJson(product: ProductRecord): ProductRecordJson {
  const {createdAt, prices, stock, movements} = product
  return {
    ...productStateJson(product),
    created_at: createdAt,
    prices: prices.map(priceJson),
    stock: stock.map(({pool, onHand, nextExpiry, ...units}) => ({
      pool,
      on_hand: onHand,
      ...units,
      next_expiry: nextExpiry,
    })),
    stock_movements: movements.map(({createdAt: movedAt, pool, delta, reason, orderId, operator, note}) => ({
      created_at: movedAt,
      pool,
      delta,
      reason,
      order_id: orderId,
      operator,
      note,
    })),
  }
}
