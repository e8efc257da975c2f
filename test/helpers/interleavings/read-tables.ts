import type {Knex} from 'knex'

import {query} from '../../../src/db/query.ts'
import type {OrderItem} from '../../../src/services/checkout/new-order.ts'
import type {Round} from './play.ts'

export type Tables = {
  orders: KeptOrder[]
  /** The sum over all pools. */
  levels: {productId: number; onHand: number}[]
  adjustments: {productId: number; pool: string; delta: number}[]
}

export type KeptOrder = {
  id: number
  userId: number
  status: 'cancelled' | 'placed'
  total: number
  createdAt: string
  items: OrderItem[]
  keys: string[]
  /** Whether a product was taken from several pools. */
  isSplit: boolean
}

/** Reads the rows of a round's users and products. */
export async function readTables(db: Knex, {userIds, productIds}: Round): Promise<Tables> {
  const orders = await query<KeptOrder>(
    db,
    `select id, user_id as "userId", status, total, created_at as "createdAt", items, keys, "isSplit"
     from orders
     cross join lateral (
       select coalesce(json_agg(json_build_object('productId', product_id, 'quantity', quantity) order by position), '[]')
                as items
       from order_lines
       where order_id = orders.id
     ) as lines
     cross join lateral (
       select array(select key from idempotency_keys where order_id = orders.id order by key) as keys
     ) as keys
     cross join lateral (
       select count(*) > count(distinct product_id) as "isSplit"
       from stock_movements
       where order_id = orders.id and reason = 'order'
     ) as movements
     where user_id = any (?)
     order by id`,
    [userIds],
  )
  const levels = await query<Tables['levels'][number]>(
    db,
    `select product_id as "productId", sum(on_hand)::bigint as "onHand"
     from stock_levels
     where product_id = any (?)
     group by product_id
     order by product_id`,
    [productIds],
  )
  const adjustments = await query<Tables['adjustments'][number]>(
    db,
    `select product_id as "productId", stock_pools.name as pool, delta
     from stock_movements
     join stock_pools on stock_pools.id = pool_id
     where product_id = any (?) and reason = 'adjust'
     order by stock_movements.id`,
    [productIds],
  )
  return {orders, levels, adjustments}
}
