import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import type {StockLevelKey} from '../../db/tables.ts'
import type {ShopMetrics} from '../../metrics/shop-metrics.ts'
import {lockLevels} from '../stock/lock.ts'

/** How many stock levels one transaction locks. Orders of their products wait meanwhile. */
const mostLevels = 50

/**
 * Ends holds that have expired: removes them and frees their stock. Returns how many it removed. Stock levels that are
 * locked are left to whoever locked them, or to the next time, so any number of sweepers can run at once.
 */
export async function sweep(db: Knex, metrics?: ShopMetrics): Promise<number> {
  let removed = 0
  for (;;) {
    const before = removed
    const expired = await findExpired(db)
    for (let start = 0; start < expired.length; start += mostLevels) {
      const levels = expired.slice(start, start + mostLevels)
      const count = await db.transaction(async (trx) => removeExpired(trx, levels), {isolationLevel: 'read committed'})
      metrics?.countReleased({expired: count})
      removed += count
    }
    if (removed === before) return removed
  }
}

/** Most sweeps find nothing, and end with one look at an index. Others look at many holds, so they do it once for all levels. */
async function findExpired(db: Knex): Promise<StockLevelKey[]> {
  return query<StockLevelKey>(
    db,
    `select distinct product_id, pool_id
     from (
       select product_id, pool_id
       from stock_reservations
       where expires_at <= statement_timestamp()
       order by expires_at
       limit 100000
     ) as expired
     order by product_id, pool_id`,
  )
}

/** Of a hold. */
export const hasExpired: Sql = {sql: 'expires_at <= statement_timestamp()', bindings: []}

/** A second statement after the lock, so that it sees what was committed before the lock was taken. */
async function removeExpired(trx: Knex.Transaction, levels: StockLevelKey[]): Promise<number> {
  const locked = await lockLevels(trx, levels).skipLocked()
  const freed = await removeHolds(trx, locked, hasExpired)
  return freed.reduce((sum, {holds}) => sum + holds, 0)
}

/** What was freed of a stock level: units, and the holds that they belonged to. */
export type FreedStock = {productId: number; units: number; holds: number}

/** Removes holds of locked stock levels that meet a condition in SQL, and frees their stock. */
export async function removeHolds(
  trx: Knex.Transaction,
  levels: StockLevelKey[],
  {sql, bindings}: Sql,
): Promise<FreedStock[]> {
  if (levels.length === 0) return []
  return query<FreedStock>(
    trx,
    `with removed as (
       delete from stock_reservations
       using unnest(?::bigint[], ?::bigint[]) as level (product_id, pool_id)
       where stock_reservations.product_id = level.product_id
         and stock_reservations.pool_id = level.pool_id
         and ${sql}
       returning stock_reservations.product_id, stock_reservations.pool_id, quantity
     ),
     freed as (
       select product_id, pool_id, sum(quantity)::bigint as quantity, count(*) as holds
       from removed
       group by product_id, pool_id
     ),
     stock as (
       update stock_levels
       set reserved = reserved - freed.quantity
       from freed
       where stock_levels.product_id = freed.product_id and stock_levels.pool_id = freed.pool_id
     )
     select product_id as "productId", quantity as units, holds from freed`,
    [levels.map((level) => level.product_id), levels.map((level) => level.pool_id), ...bindings],
  )
}
