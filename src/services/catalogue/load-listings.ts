import type {Knex} from 'knex'

import {advisoryLock} from '../../db/locks.ts'
import {onlyRow, query} from '../../db/query.ts'

/**
 * For a transaction that adds very many products: they are not listed until `loadListings`, which must be its last statement.
 * Without the two, each product is listed when it is added, and the indexes grow row by row.
 */
export async function deferListings(trx: Knex.Transaction): Promise<void> {
  await query(trx, `select set_config('shop.defer_listings', 'on', true)`)
}

/**
 * Lists the products that the transaction added or changed, given as two queries for ids: of new products, and of others
 * that got prices or stock. After many new products, listings cannot be read until the commit.
 */
export async function loadListings(trx: Knex.Transaction, ids: {added: string; changed: string}): Promise<void> {
  await query(trx, `select load_listings(array(${ids.added}), array(${ids.changed}))`)
}

/** Notes that the listings of products may be wrong, given as a query for ids, if the transaction has deferred its listings. */
export async function noteListings(trx: Knex.Transaction, ids: string): Promise<void> {
  await query(
    trx,
    `insert into listing_refreshes (due_at, product_id) select '-infinity', id from (${ids}) as changed (id)`,
  )
}

/** Locks out refreshes of the listings until the transaction ends. False if one is running. */
export async function tryToLockListings(trx: Knex.Transaction): Promise<boolean> {
  const rows = await query<{isLocked: boolean}>(trx, 'select pg_try_advisory_xact_lock(?) as "isLocked"', [
    advisoryLock.listings,
  ])
  return onlyRow(rows).isLocked
}
