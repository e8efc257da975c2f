import type {Knex} from 'knex'

import {streamRows} from '../../db/cursor.ts'
import {query} from '../../db/query.ts'
import {conditions, type Sql} from '../../db/sql.ts'
import {type KeysetPage, type KeysetRequest, orderOf, readKeysetPage, selectSlice} from '../keyset-page.ts'
import type {ProductMovement} from '../products/product-record.ts'

export type Movement = ProductMovement & {id: number; productId: number; productName: string}

export type MovementFilter = {
  productId?: number | undefined
  orderId?: number | undefined
  poolId?: number | undefined
  /** At this time or later. */
  from?: string | undefined
  /** Before this time. */
  to?: string | undefined
}

/** The movements that satisfy the filter, newest first. Throws InvalidCursorError. */
export async function listMovements(
  db: Knex,
  {cursor, pageSize, ...filter}: KeysetRequest & MovementFilter,
): Promise<KeysetPage<Movement>> {
  return readKeysetPage(['movements', filter], {cursor, pageSize}, async (slice) => {
    const found = selectSlice('stock_movements', 'id', conditionsOf(filter), slice)
    const {sql, bindings} = movementsStatement(found, slice.isBackwards)
    return query<Movement>(db, sql, bindings)
  })
}

/** Passes the same movements to `write`, piece by piece and from one snapshot. */
export async function streamMovements(
  db: Knex,
  filter: MovementFilter,
  write: (pieces: AsyncIterable<Movement[]>) => Promise<void>,
): Promise<void> {
  await streamRows(db, movementsStatement(selectSlice('stock_movements', 'id', conditionsOf(filter))), write)
}

function movementsStatement(found: Sql, isBackwards = false): Sql {
  const sql = `
    select movement.id, movement.created_at as "createdAt", product_id as "productId", products.name as "productName",
           stock_pools.name as pool, delta, reason, order_id as "orderId", operator, note
    from (${found.sql}) as movement
    join products on products.id = product_id
    join stock_pools on stock_pools.id = pool_id
    ${orderOf('movement', 'id', isBackwards)}`
  return {sql, bindings: found.bindings}
}

function conditionsOf({productId, orderId, poolId, from, to}: MovementFilter): Sql[] {
  return conditions([
    ['product_id = ?', productId],
    ['order_id = ?', orderId],
    ['pool_id = ?', poolId],
    ['created_at >= ?::timestamptz', from],
    ['created_at < ?::timestamptz', to],
  ])
}
