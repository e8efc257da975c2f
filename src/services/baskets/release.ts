import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {allOf, conditions, type Sql} from '../../db/sql.ts'
import type {StockLevelKey} from '../../db/tables.ts'
import {UnknownBasketError} from '../../errors.ts'
import {findProduct} from '../products/products.ts'
import {lockLevels} from '../stock/lock.ts'
import {type FreedStock, hasExpired, removeHolds} from './sweeper.ts'

/** Selects the holds that meet every given condition. */
export type HoldFilter = {
  productId?: number | undefined
  basketId?: number | undefined
  /** Only holds that have expired and have not been removed yet. */
  expired?: boolean
}

export type HoldCount = {holds: number; units: number; products: number}

/** What `releaseHolds` would release. Throws UnknownProductError or UnknownBasketError. */
export async function countHolds(db: Knex, filter: HoldFilter): Promise<HoldCount> {
  await requireKnown(db, filter)
  const {sql, bindings} = conditionOf(filter)
  const rows = await query<HoldCount>(
    db,
    `select count(*) as holds, coalesce(sum(quantity), 0)::bigint as units, count(distinct product_id) as products
     from stock_reservations
     where ${sql}`,
    bindings,
  )
  return onlyRow(rows)
}

/** How many stock levels one transaction locks. */
const mostLevels = 500

/**
 * Removes holds and frees their stock, in several transactions. The lines of the baskets stay. Waits for stock levels that
 * are locked. Throws UnknownProductError or UnknownBasketError.
 */
export async function releaseHolds(db: Knex, filter: HoldFilter): Promise<HoldCount> {
  await requireKnown(db, filter)
  const freed: FreedStock[] = []
  let last: StockLevelKey = {product_id: 0, pool_id: 0}
  for (;;) {
    const {sql, bindings} = levelsStatement(filter, last)
    const levels = await query<StockLevelKey>(db, sql, bindings)
    const end = levels.at(-1)
    if (!end) return sumUp(freed)
    const released = await db.transaction(async (trx) => release(trx, levels, filter), {
      isolationLevel: 'read committed',
    })
    freed.push(...released)
    last = end
  }
}

/** The next stock levels with such holds. Each comes up once, so that a release ends although new holds begin meanwhile. */
export function levelsStatement(filter: HoldFilter, {product_id, pool_id}: StockLevelKey): Sql {
  const condition = conditionOf(filter)
  const sql = `
    select distinct product_id, pool_id
    from stock_reservations
    where (product_id, pool_id) > (?, ?) and ${condition.sql}
    order by product_id, pool_id
    limit ?`
  return {sql, bindings: [product_id, pool_id, ...condition.bindings, mostLevels]}
}

/** A second statement after the lock, so that it sees what was committed before the lock was taken. */
async function release(trx: Knex.Transaction, levels: StockLevelKey[], filter: HoldFilter): Promise<FreedStock[]> {
  return removeHolds(trx, await lockLevels(trx, levels), conditionOf(filter))
}

function conditionOf({productId, basketId, expired = false}: HoldFilter): Sql {
  return allOf([
    ...conditions([
      ['stock_reservations.product_id = ?', productId],
      ['basket_id = ?', basketId],
    ]),
    ...(expired ? [hasExpired] : []),
  ])
}

function sumUp(freed: FreedStock[]): HoldCount {
  return {
    holds: freed.reduce((sum, {holds}) => sum + holds, 0),
    units: freed.reduce((sum, {units}) => sum + units, 0),
    products: new Set(freed.map(({productId}) => productId)).size,
  }
}

async function requireKnown(db: Knex, {productId, basketId}: HoldFilter): Promise<void> {
  if (productId !== undefined) await findProduct(db, productId)
  if (basketId === undefined) return
  const basket = await db<{id: number}>('baskets').where({id: basketId}).first('id')
  if (!basket) throw new UnknownBasketError(basketId)
}
