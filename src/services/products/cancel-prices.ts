import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {allOf, conditions, type Sql} from '../../db/sql.ts'
import {NoScheduledPriceError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {deferListings} from '../catalogue/load-listings.ts'
import {lockOffers} from './lock-product.ts'
import {type Price, selectPrices} from './prices.ts'

/** Selects the scheduled prices that meet every given condition. */
export type ScheduledFilter = {
  productId?: number | undefined
  id?: number | undefined
  currency?: Currency | undefined
  /** The time when they take effect, in RFC 3339. */
  effectiveFrom?: string | undefined
}

/** Of scheduled prices: how many there are, and the first of them by time and product. */
export type ScheduledPrices = {count: number; prices: Price[]}

const mostShown = 1000

/** What `cancelPrices` would cancel. Throws NoScheduledPriceError. */
export async function findScheduled(db: Knex, filter: ScheduledFilter): Promise<ScheduledPrices> {
  return find(db, conditionOf(filter, await readClock(db)))
}

async function find(db: Knex, {sql, bindings}: Sql): Promise<ScheduledPrices> {
  const {count} = onlyRow(
    await query<{count: number}>(db, `select count(*) as count from product_prices as price where ${sql}`, bindings),
  )
  if (count === 0) throw new NoScheduledPriceError()
  const prices = await query<Price>(
    db,
    `${selectPrices} where ${sql} order by price.effective_from, price.product_id, price.id limit ?`,
    [...bindings, mostShown],
  )
  return {count, prices}
}

/**
 * Removes scheduled prices from the history. Orders are either committed before that, or find that the price never took
 * effect. Throws NoScheduledPriceError.
 */
export async function cancelPrices(db: Knex, filter: ScheduledFilter): Promise<ScheduledPrices> {
  return db.transaction(async (trx) => lockAndCancel(trx, filter), {isolationLevel: 'read committed'})
}

async function lockAndCancel(trx: Knex.Transaction, filter: ScheduledFilter): Promise<ScheduledPrices> {
  const known = conditionOf(filter, await readClock(trx))
  await lockOffers(trx, {...known, sql: `select product_id from product_prices as price where ${known.sql}`})
  // After the locks, which may have kept this waiting: from here on no order uses a price that takes effect.
  const condition = conditionOf(filter, await readClock(trx))
  const scheduled = await find(trx, condition)
  await remove(trx, condition)
  return scheduled
}

/**
 * Prices that never took effect are in no list, and a million of them would keep the lists waiting for minutes. Only those that
 * may take effect before the commit are noted to be listed again.
 */
async function remove(trx: Knex.Transaction, {sql, bindings}: Sql): Promise<void> {
  await deferListings(trx)
  await query(
    trx,
    `with removed as (
       delete from product_prices as price where ${sql} returning product_id, effective_from
     )
     insert into listing_refreshes (due_at, product_id)
     select distinct timestamptz '-infinity', product_id
     from removed
     where effective_from < statement_timestamp() + interval '1 hour'`,
    bindings,
  )
}

async function readClock(db: Knex): Promise<string> {
  return onlyRow(await query<{now: string}>(db, 'select statement_timestamp() as now')).now
}

function conditionOf({productId, id, currency, effectiveFrom}: ScheduledFilter, moment: string): Sql {
  return allOf(
    conditions([
      ['price.effective_from > ?', moment],
      ['price.product_id = ?', productId],
      ['price.id = ?', id],
      ['price.currency = ?', currency],
      ['price.effective_from = ?', effectiveFrom],
    ]),
  )
}
