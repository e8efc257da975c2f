import type {z} from 'zod'

import {formatAmount} from '../money.ts'
import type {Product} from '../services/catalogue/list.ts'
import type {ProductRecord} from '../services/products/product-record.ts'
import {priceJson, type PriceJson} from './price.ts'
import type * as schemas from './schemas.ts'

export type ProductJson = z.output<typeof schemas.Product>

export function productJson({id, name, quantityInStock, price, currency}: Product): ProductJson {
  return {id, name, quantity_in_stock: quantityInStock, price: formatAmount(price, currency), currency}
}

/** A product as operators see it. */
export type ProductRecordJson = {
  id: number
  name: string
  enabled: boolean
  created_at: string
  prices: PriceJson[]
  stock: {pool: string; on_hand: number; reserved: number}[]
  stock_movements: {created_at: string; pool: string; delta: number; reason: string; order_id: number | null}[]
}

export function productRecordJson(product: ProductRecord): ProductRecordJson {
  const {id, name, enabled, createdAt, prices, stock, movements} = product
  return {
    id,
    name,
    enabled,
    created_at: createdAt,
    prices: prices.map(priceJson),
    stock: stock.map(({pool, onHand, reserved}) => ({pool, on_hand: onHand, reserved})),
    stock_movements: movements.map(({createdAt: movedAt, pool, delta, reason, orderId}) => ({
      created_at: movedAt,
      pool,
      delta,
      reason,
      order_id: orderId,
    })),
  }
}
