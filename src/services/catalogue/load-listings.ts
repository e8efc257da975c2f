import type {Knex} from 'knex'

import {advisoryLock} from '../../db/locks.ts'
import {onlyRow, query} from '../../db/query.ts'

/**
 * For a transaction that adds products by the hundred thousand: none of them is listed before `loadListings`, which must
 * be its last statement. Without either they are listed as they come, into indexes that grow row by row.
 */
export async function deferListings(trx: Knex.Transaction): Promise<void> {
  await query(trx, `select set_config('shop.defer_listings', 'on', true)`)
}

/**
 * Lists what the transaction added and changed, given as two queries for ids: of new products, and of others that got
 * prices or stock. From here to the commit nobody else reads listings.
 */
export async function loadListings(trx: Knex.Transaction, ids: {added: string; changed: string}): Promise<void> {
  await query(trx, `select load_listings(array(${ids.added}), array(${ids.changed}))`)
}

/** Keeps refreshes off until the transaction ends, which may hold what they wait for; unless one is going on. */
export async function tryToLockListings(trx: Knex.Transaction): Promise<boolean> {
  const rows = await query<{isLocked: boolean}>(trx, 'select pg_try_advisory_xact_lock(?) as "isLocked"', [
    advisoryLock.listings,
  ])
  return onlyRow(rows).isLocked
}
