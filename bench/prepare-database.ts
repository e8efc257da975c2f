import {readFile} from 'node:fs/promises'

import type {Knex} from 'knex'

import {query} from '../src/db/query.ts'
import type {Database} from './database-server.ts'
import {rawFile} from './raw-transactions.ts'
import {runShop} from './shop-program.ts'

/** A product of the demo fixture. */
export const hotProduct = 6
export const manyProducts = {from: 100_001, count: 1000}

/** A user of the demo fixture. */
export const shopUser = {
  username: 'matt',
  password: 'jackson',
  token: '3aa905c8b99b518e889df6fc02ec80dca142054e',
}

/** Enough of each product that none runs out. */
const stock = 1_000_000_000

/**
 * Fills a database with the commands of the build whose program is `bin`, and with SQL that uses only tables which every
 * version of the shop has.
 */
export async function prepareShop({db, url}: Database, bin: string, signal: AbortSignal): Promise<void> {
  await runShop(['migrate'], {bin, databaseUrl: url, signal})
  await runShop(['load-fixture'], {bin, databaseUrl: url, signal})
  await query(
    db,
    `with new as (
       insert into products (id, name)
       select n, 'Bench ' || n from generate_series(?::bigint, ?::bigint) as n
       returning id
     ),
     prices as (
       insert into product_prices (product_id, currency, amount) select id, 'USD', 100 from new
     )
     insert into stock_levels (product_id, pool_id, on_hand) select id, 1, 0 from new`,
    [manyProducts.from, manyProducts.from + manyProducts.count - 1],
  )
  await query(
    db,
    `with filled as (
       update stock_levels set on_hand = on_hand + ?::int where product_id = ? or product_id >= ?
       returning product_id, pool_id
     )
     insert into stock_movements (product_id, pool_id, delta, reason)
     select product_id, pool_id, ?::int, 'adjust' from filled`,
    [stock, hotProduct, manyProducts.from, stock],
  )
}

/** Creates the tables of the raw transactions, which have their own database. */
export async function prepareRaw(db: Knex): Promise<void> {
  await db.raw(await readFile(rawFile('schema'), 'utf8'))
}
