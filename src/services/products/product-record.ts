import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {StockMovementRow} from '../../db/tables.ts'
import {UnknownProductError} from '../../errors.ts'
import {listPrices, type Price} from './prices.ts'

/** A product as operators see it. */
export type ProductRecord = {
  id: number
  name: string
  /** The operator's own number of the product; null if it has none. */
  sku: string | null
  enabled: boolean
  /** The most units that one order may have; null for no limit. */
  maxPerOrder: number | null
  createdAt: string
  /** The prices in effect, by currency. */
  prices: Price[]
  /** Ordered by the age of the stock pool. */
  stock: PoolStock[]
  /** The latest movements, newest first. */
  movements: ProductMovement[]
}

export type PoolStock = {
  /** The stock pool's name. */
  pool: string
  onHand: number
  /** What baskets hold. A hold that has expired counts until it is removed. */
  reserved: number
  free: number
  /** When the first hold expires; null if nothing is held. */
  nextExpiry: string | null
}

export type ProductMovement = {
  createdAt: string
  /** The stock pool's name. */
  pool: string
  delta: number
  reason: StockMovementRow['reason']
  /** Null for movements that are not from an order or a cancellation. */
  orderId: number | null
  /** Who ran the command that moved the stock, and why; null for orders. */
  operator: string | null
  note: string | null
}

const shownMovements = 10

/** Reads everything from one snapshot. Throws UnknownProductError. */
export async function findProductRecord(db: Knex, id: number): Promise<ProductRecord> {
  return db.transaction(async (trx) => readRecord(trx, id), {isolationLevel: 'repeatable read', readOnly: true})
}

async function readRecord(trx: Knex.Transaction, id: number): Promise<ProductRecord> {
  const [product] = await query<Omit<ProductRecord, 'movements' | 'prices' | 'stock'>>(
    trx,
    `select id, name, sku, enabled, max_per_order as "maxPerOrder", created_at as "createdAt" from products where id = ?`,
    [id],
  )
  if (!product) throw new UnknownProductError(id)
  const prices = await listPrices(trx, {productId: id})
  return {
    ...product,
    prices: prices.filter(({status}) => status === 'current'),
    stock: await readStock(trx, id),
    movements: await readMovements(trx, id),
  }
}

async function readStock(trx: Knex.Transaction, productId: number): Promise<PoolStock[]> {
  return query<PoolStock>(trx, stockStatement, [productId])
}

/** For one product. */
export const stockStatement = `
     select stock_pools.name as pool, on_hand as "onHand", reserved, on_hand - reserved as free,
            (
              select min(expires_at)
              from stock_reservations as hold
              where hold.product_id = stock_levels.product_id and hold.pool_id = stock_levels.pool_id
            ) as "nextExpiry"
     from stock_levels
     join stock_pools on stock_pools.id = pool_id
     where product_id = ?
     order by pool_id`

/** Reads the latest of each stock level first: a popular product has a million movements, and the index is by level. */
async function readMovements(trx: Knex.Transaction, productId: number): Promise<ProductMovement[]> {
  return query<ProductMovement>(
    trx,
    `select movement.created_at as "createdAt", stock_pools.name as pool, delta, reason, order_id as "orderId",
            operator, note
     from stock_levels
     join stock_pools on stock_pools.id = stock_levels.pool_id
     cross join lateral (
       select id, delta, reason, order_id, created_at, operator, note
       from stock_movements
       where stock_movements.product_id = stock_levels.product_id and stock_movements.pool_id = stock_levels.pool_id
       order by id desc
       limit ?
     ) as movement
     where stock_levels.product_id = ?
     order by movement.id desc
     limit ?`,
    [shownMovements, productId, shownMovements],
  )
}
