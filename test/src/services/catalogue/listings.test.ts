import test from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {query} from '../../../../src/db/query.ts'
import {findProduct, listProducts} from '../../../../src/services/catalogue/list.ts'
import {deferListings, loadListings} from '../../../../src/services/catalogue/load-listings.ts'
import {cancelOrder} from '../../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {adjustStock} from '../../../../src/services/stock/adjust.ts'
import {addPrice, auditListings, fillCatalogue, listAll, recompute} from '../../../helpers/catalogue.ts'
import {installClock} from '../../../helpers/clock.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addStock, addUser, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const ids = async (db: Knex): Promise<number[]> => (await listAll(db)).map(({id}) => id)

test('a product leaves the list when it sells out, and comes back after a cancellation or with new stock', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 2})
  t.deepEqual(await ids(db), [productId])

  const {order} = await placeOrder(db, usdOrder(userId, [{productId, quantity: 2}]))
  t.deepEqual(await ids(db), [])
  await cancelOrder(db, {id: order.id})
  t.deepEqual(await ids(db), [productId])
  await adjustStock(db, {productId, pool: 'default', change: {to: 0}})
  t.deepEqual(await ids(db), [])
  await adjustStock(db, {productId, pool: 'default', change: {by: 1}})
  t.deepEqual(await ids(db), [productId])
  t.deepEqual(await auditListings(db), [])
})

test('a changed name, a changed price and a disabled product show in the next list', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {name: 'Rice', price: 100})
  await listAll(db)

  await db('products').update({name: 'Tea'})
  t.like((await listAll(db))[0], {name: 'Tea', price: 100})
  await addPrice(db, {productId, amount: 200})
  t.like((await listAll(db))[0], {price: 200})
  await db('product_prices').where({amount: 200}).update({amount: 300})
  t.like((await listAll(db))[0], {price: 300})
  await db('product_prices').where({amount: 300}).delete()
  t.like((await listAll(db))[0], {price: 100})
  await db('products').update({enabled: false})
  t.deepEqual(await listAll(db), [])
  t.deepEqual(await auditListings(db), [])
})

test('a future price takes effect by itself', async (t) => {
  const database = await createDatabase(t)
  const clock = await installClock(database.db)
  const db = connect(() => ({connectionString: database.url}), {poolSize: 2})
  t.teardown(async () => db.destroy())
  const productId = await addProduct(db, {price: 100})
  await db.raw(
    `insert into product_prices (product_id, currency, amount, effective_from)
     values (?, 'USD', 200, clock_timestamp() + interval '1 hour')`,
    [productId],
  )
  t.like(await findProduct(db, {id: productId, currency: 'USD'}), {price: 100})
  t.deepEqual(await auditListings(db), [])

  await clock.setBack('-1 hour')
  t.like((await listAll(db))[0], {price: 200})
})

test('a product that a transaction adds is listed after the commit, and not after a rollback', async (t) => {
  const {db} = await createDatabase(t)
  const trx = await db.transaction()
  await addProduct(trx, {name: 'Never'})
  await trx.rollback()

  await db.transaction(async (trx) => addProduct(trx, {id: 7, price: 100}))

  t.deepEqual(await query(db, 'select product_id, amount from listings'), [{product_id: 7, amount: 100}])
  t.like(await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'}), {count: 1})
})

test('truncating the prices empties the list', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db)
  await listAll(db)
  await db.raw('truncate product_prices')
  t.like(await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'}), {count: 0, results: []})
  t.deepEqual(await auditListings(db), [])
})

test('a load that defers the listings ends with the same ones, whether it adds many products or few', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1_000_000, name: 'Basmati'})
  await addProduct(db, {id: 1_000_001, name: 'Basmati sold out', stock: 0})
  await listAll(db)
  const load = async (trx: Knex.Transaction, ids: {added: string; changed: string}, fill: () => Promise<unknown>) => {
    const [before] = await query(trx, 'select count(*) from listings')
    await deferListings(trx)
    await fill()
    t.deepEqual(await query(trx, 'select count(*) from listings'), [before])
    await loadListings(trx, ids)
  }
  await db.transaction(async (trx) =>
    load(trx, {added: 'select id from products where id < 1000000', changed: 'select 0 limit 0'}, async () =>
      fillCatalogue(trx, 60_000),
    ),
  )

  const {count, results} = await listProducts(db, {page: 'last', pageSize: 50, currency: 'USD'})
  t.is(count, 60_001)
  t.deepEqual(results, (await recompute(db)).slice(-1))
  t.deepEqual(
    await query(db, `select indexname from pg_indexes where tablename = 'listings' order by indexname`),
    ['amount_idx', 'folded_name_idx', 'length_idx', 'name_idx', 'pkey'].map((part) => ({
      indexname: `listings_${part}`,
    })),
  )
  t.deepEqual(await auditListings(db), [])

  await db.transaction(async (trx) =>
    load(trx, {added: 'select 2000000', changed: 'select 1000000'}, async () => {
      await trx.raw(`insert into product_prices (product_id, currency, amount) values (1000000, 'USD', 7)`)
      await trx.raw(`insert into products (id, name) values (2000000, 'Late')`)
      await trx.raw(`insert into product_prices (product_id, currency, amount) values (2000000, 'USD', 5)`)
      await trx.raw('insert into stock_levels (product_id, pool_id, on_hand) values (2000000, 1, 5)')
    }),
  )
  t.like(await findProduct(db, {id: 2_000_000, currency: 'USD'}), {name: 'Late'})
  t.like(await findProduct(db, {id: 1_000_000, currency: 'USD'}), {price: 7})
  t.deepEqual(await auditListings(db), [])
})

test('a product is not listed after two transactions emptied its two stock pools at the same time', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 1})
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId, poolId, quantity: 1})
  t.deepEqual(await ids(db), [productId])

  const one = await db.transaction()
  const other = await db.transaction()
  await one('stock_levels').where({pool_id: 1}).update({on_hand: 0})
  await other('stock_levels').where({pool_id: poolId}).update({on_hand: 0})
  t.deepEqual(await ids(db), [productId])
  await one.commit()
  t.deepEqual(await ids(db), [productId])
  await other.commit()

  t.deepEqual(await ids(db), [])
})

test('two transactions that empty stock pools of the same products in opposite order do not wait for each other', async (t) => {
  const {db} = await createDatabase(t)
  const {id: poolId} = await createPool(db, 'east')
  const products = [await addProduct(db, {stock: 1}), await addProduct(db, {stock: 1})]
  for (const productId of products) await addStock(db, {productId, poolId, quantity: 1})

  const one = await db.transaction()
  const other = await db.transaction()
  for (const index of [0, 1]) {
    const [mine, its] = [products[index], products[1 - index]]
    await one('stock_levels').where({product_id: mine, pool_id: 1}).update({on_hand: 0})
    await other('stock_levels').where({product_id: its, pool_id: poolId}).update({on_hand: 0})
  }
  await other.commit()
  await one.commit()

  t.deepEqual(await ids(db), [])
})

test('when two lists refresh a product, the one with the older snapshot does not write last', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 1})
  // An uncommitted listing of the product, for which both refreshes wait.
  const holder = await db.transaction()
  await holder('listings').insert({
    currency: 'USD',
    product_id: productId,
    name: 'Rice',
    folded_name: ' rice',
    amount: 1,
  })

  const early = ids(db)
  await untilWaiting(db, 1)
  await db('stock_levels').update({on_hand: 0})
  const late = ids(db)
  await untilWaiting(db, 2)
  await holder.rollback()
  await Promise.all([early, late])

  t.deepEqual(await ids(db), [])
  t.deepEqual(await query(db, 'select from listings'), [])
})

test('the rows of the counts are summed up from time to time', async (t) => {
  const {db} = await createDatabase(t)
  await db.raw(`insert into listing_counts (currency, delta) select 'USD', 1 from generate_series(1, 1001)`)
  await db.raw(`insert into listing_counts (currency, delta) values ('USD', -1001)`)
  await addProduct(db)

  t.like(await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'}), {count: 1})

  t.true((await query(db, 'select from listing_counts')).length < 5)
  t.deepEqual(await auditListings(db), [])
})
