import {readFile} from 'node:fs/promises'

import bcrypt from 'bcryptjs'
import type {Knex} from 'knex'

import {migrateToLatest} from '../src/db/migrate.ts'
import {query} from '../src/db/query.ts'
import {newOrder} from '../src/services/checkout/new-order.ts'
import {placeOrder} from '../src/services/checkout/place-order.ts'
import {loadDemo} from '../src/services/transfer/demo/demo.ts'
import {findUser} from '../src/services/accounts/users.ts'
import {rawFile} from './raw-transactions.ts'

/** Of the demo fixture. */
export const hotProduct = 6
export const manyProducts = {from: 100_001, count: 1000}

/** Of the demo fixture, too. */
export const shopUser = {
  username: 'matt',
  password: 'jackson',
  token: '3aa905c8b99b518e889df6fc02ec80dca142054e',
}

/** Of each product, so that none runs out. */
const stock = 1_000_000_000

/** Ten pages of history, the same in every run. */
const earlierOrders = 200

export async function prepareShop(db: Knex): Promise<void> {
  await migrateToLatest(db)
  await loadDemo(db, bcrypt)
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
  await placeEarlierOrders(db)
}

/** Of two and three lines in turn, singly, so that each has its own time. */
async function placeEarlierOrders(db: Knex): Promise<void> {
  const {id: userId} = await findUser(db, shopUser.username)
  for (let order = 0; order < earlierOrders; order++) {
    const first = manyProducts.from + order * 3
    const productIds = [hotProduct, first, ...(order % 2 === 0 ? [] : [first + 1])]
    const items = productIds.map((productId, position) => ({productId, quantity: position + 1}))
    await placeOrder(db, newOrder({userId, currency: 'USD', items}))
  }
}

/** The tables of the raw transactions, in a database of their own. */
export async function prepareRaw(db: Knex): Promise<void> {
  await db.raw(await readFile(rawFile('schema'), 'utf8'))
}
