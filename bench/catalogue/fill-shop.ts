import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {query} from '../../src/db/query.ts'
import type {Database} from '../database-server.ts'
import {shopUser} from '../prepare-database.ts'
import {type CommandFigures, runShop} from '../shop-program.ts'
import {withTemporaryFolder} from '../temporary-folder.ts'

/** The figures of `load-fixture` with a CSV file of products. */
export type CatalogueLoad = CommandFigures & {products: number}

/** Fills a database with the shop's own commands, as an operator would. */
export async function fillShop(
  {url: databaseUrl}: Database,
  products: number,
  signal: AbortSignal,
): Promise<CatalogueLoad> {
  return withTemporaryFolder(signal, async (folder) => {
    const users = join(folder, 'users.json')
    const catalogue = join(folder, 'products.csv')
    const {username, password, token} = shopUser
    await writeFile(users, JSON.stringify({users: [{username, password, tokens: [token]}]}))
    const size = ['--products', String(products), '--users', '0', '--orders', '0', '--seed', '1']
    await runShop(['generate-fixture', ...size, '--format', 'csv', catalogue], {signal})
    await runShop(['migrate'], {databaseUrl, signal})
    await runShop(['load-fixture', users], {databaseUrl, signal})
    return {products, ...(await runShop(['load-fixture', catalogue], {databaseUrl, signal}))}
  })
}

/** A word in the names of some products of both shops, which generated names do not contain. */
export const rareWord = 'Zwieback'
const rareProducts = 30

/** Less than a thousand, since some of the small shop's thousand products are disabled. */
const orderedProducts = 900

/** Enough of each product that none runs out. */
const stock = 1_000_000_000

/**
 * Adds what the CSV file does not have: prices in euros for a tenth of the products, and stock for the products to order,
 * which are picked at random. Some of these also get the rare word. Returns the ids of the products to order.
 */
export async function prepareCatalogue({db}: Database): Promise<number[]> {
  await query(
    db,
    `insert into product_prices (product_id, currency, amount)
     select product_id, 'EUR', amount from product_prices where product_id % 10 = 0`,
  )
  const ordered = await query<{id: number}>(
    db,
    `with chosen as (
       select id from products where enabled order by hashint8(id) limit ?::int
     ),
     filled as (
       update stock_levels set on_hand = on_hand + ?::int
       where product_id in (select id from chosen)
       returning product_id, pool_id
     )
     insert into stock_movements (product_id, pool_id, delta, reason)
     select product_id, pool_id, ?::int, 'adjust' from filled
     returning product_id as id`,
    [orderedProducts, stock, stock],
  )
  const ids = ordered.map(({id}) => id)
  await query(db, "update products set name = name || ' ' || ? where id = any (?::bigint[])", [
    rareWord,
    ids.slice(0, rareProducts),
  ])
  await query(db, 'select refresh_listings()')
  // Within minutes these would start by themselves, in the middle of the measurements.
  await query(db, 'vacuum (analyze)')
  await query(db, 'checkpoint')
  return ids
}
