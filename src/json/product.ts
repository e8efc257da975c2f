import type {z} from 'zod'

import {formatAmount} from '../money.ts'
import type {Product} from '../services/catalogue/list.ts'
import type {AnyProduct} from '../services/products/list-all.ts'
import type {ProductRecord} from '../services/products/product-record.ts'
import {priceJson, type PriceJson} from './price.ts'
import type * as schemas from './schemas.ts'

export type ProductJson = z.output<typeof schemas.Product>

export function productJson({id, name, quantityInStock, price, currency}: Product): ProductJson {
  return {id, name, quantity_in_stock: quantityInStock, price: formatAmount(price, currency), currency}
}

/** Why a product cannot be ordered now. */
export type ObstacleJson = 'disabled' | 'no_price' | 'sold_out'

/** A product in a list for operators. It can be ordered if it has no obstacle. */
export type ListedProductJson = Omit<ProductJson, 'price'> & {
  price: string | null
  enabled: boolean
  obstacles: ObstacleJson[]
}

export function listedProductJson(product: AnyProduct): ListedProductJson {
  const {id, name, quantityInStock, price, currency, enabled} = product
  return {
    id,
    name,
    quantity_in_stock: quantityInStock,
    price: price === null ? null : formatAmount(price, currency),
    currency,
    enabled,
    obstacles: obstaclesOf(product),
  }
}

export function obstaclesOf({enabled, quantityInStock, price}: AnyProduct): ObstacleJson[] {
  return [
    ...(enabled ? [] : (['disabled'] as const)),
    ...(quantityInStock > 0 ? [] : (['sold_out'] as const)),
    ...(price === null ? (['no_price'] as const) : []),
  ]
}

/** A product as operators see it. */
export type ProductRecordJson = {
  id: number
  name: string
  sku: string | null
  enabled: boolean
  max_per_order: number | null
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
  const {id, name, sku, enabled, maxPerOrder, createdAt, prices, stock, movements} = product
  return {
    id,
    name,
    sku,
    enabled,
    max_per_order: maxPerOrder,
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
