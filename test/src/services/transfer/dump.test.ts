import {text} from 'node:stream/consumers'
import {Readable} from 'node:stream'

import test from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../src/services/audit.ts'
import {cancelOrder} from '../../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {dumpFixture} from '../../../../src/services/transfer/dump.ts'
import {adjustStock} from '../../../../src/services/stock/adjust.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {createTokenLookup} from '../../../../src/services/accounts/tokens.ts'
import {newChange} from '../../../../src/services/checkout/jobs.ts'
import {change, decideJobs} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {djangoDump, djangoToken} from '../../../helpers/django-dump.ts'
import {load} from '../../../helpers/fixtures.ts'
import {addProduct, addUser, usdOrder} from '../../../helpers/shop.ts'
import {shops} from '../../../helpers/shops.ts'
import {fc, sized} from '../../../helpers/tier.ts'

async function dump(db: Knex, format: 'native' | 'ndjson' = 'native'): Promise<string> {
  let written = ''
  await dumpFixture(db, format, async (pieces) => {
    written = await text(Readable.from(pieces))
  })
  return written
}

test('any shop, dumped and loaded into an empty database, dumps to the same bytes', async (t) => {
  await fc.assert(
    fc.asyncProperty(shops, fc.constantFrom('native', 'ndjson'), async (shop, format) => {
      const [first, second] = [await createDatabase(t, {poolSize: 1}), await createDatabase(t, {poolSize: 1})]
      await load(first.db, shop)
      const dumped = await dump(first.db, format)

      await load(second.db, dumped)

      t.is(await dump(second.db, format), dumped)
      await load(first.db, dumped)
      t.is(await dump(first.db, format), dumped)
      t.deepEqual((await audit(second.db)).findings, [])
    }),
    {numRuns: sized(8, 80), endOnFailure: true},
  )
})

test('an empty shop dumps its default pool', async (t) => {
  const {db} = await createDatabase(t)
  t.is(await dump(db), '{\n"pools": [\n{"name":"default"}\n]\n}\n')
  t.is(await dump(db, 'ndjson'), '{"pool":{"name":"default"}}\n')
})

test('tokens, stock by pool, cancelled orders, names and idempotency keys carry over', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, djangoDump())
  const rice = await addProduct(db, {name: 'Rice', stock: 10, price: 250})
  await createPool(db, 'empty')
  await createPool(db, 'east')
  await adjustStock(db, {productId: rice, pool: 'east', change: {to: 5}})
  const kept = await placeOrder(db, usdOrder(11, [{productId: rice, quantity: 3}], 'key-1'))
  const {order} = await placeOrder(db, usdOrder(11, [{productId: rice, quantity: 1}]))
  await cancelOrder(db, {id: order.id})
  await db('products').where({id: rice}).update({name: 'Long Rice'})
  const dumped = await dump(db)

  const {db: copy} = await createDatabase(t)
  await load(copy, dumped)

  t.is(await dump(copy), dumped)
  t.deepEqual((await audit(copy)).findings, [])
  t.like(await createTokenLookup(copy)(djangoToken), {username: 'victoria37'})
  t.deepEqual(await copy('stock_levels').where({product_id: rice}).orderBy('pool_id').pluck('on_hand'), [7, 5])
  t.deepEqual(await copy('stock_pools').orderBy('id').pluck('name'), ['default', 'empty', 'east'])
  t.deepEqual(await copy('order_lines').where({product_id: rice}).distinct().pluck('product_name'), ['Rice'])
  t.deepEqual(await copy('orders').where({id: order.id}).pluck('status'), ['cancelled'])
  const repeated = await placeOrder(copy, usdOrder(11, [{productId: rice, quantity: 3}], 'key-1'))
  t.true(repeated.isReplay)
  t.is(repeated.order.id, kept.order.id)
})

test('an order that is placed during a dump is not in it', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, djangoDump())
  const before = await dump(db)
  let during = ''

  await dumpFixture(db, 'native', async (pieces) => {
    for await (const piece of pieces) {
      if (during === '') await placeOrder(db, usdOrder(11, [{productId: 6, quantity: 1}]))
      during += piece
    }
  })

  t.is(during, before)
  t.not(await dump(db), before)
})

test('limits of orders carry over, and baskets, their holds and the keys of their additions do not', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, {products: [{id: 6, name: 'Rice', stock: 10, price: '1', max_per_order: 4}]})
  const anna = await addUser(db, 'anna')
  const items = [{productId: 6, quantity: 2}]
  await decideJobs(db, [change(anna, {kind: 'add', items}), usdOrder(anna, items, 'key-1')])
  const dumped = await dump(db)

  const {db: copy} = await createDatabase(t)
  await load(copy, dumped)

  t.is(await dump(copy), dumped)
  t.deepEqual(await copy('products').pluck('max_per_order'), [4])
  t.deepEqual(await copy('stock_levels').select('on_hand', 'reserved'), [{on_hand: 8, reserved: 0}])
  t.deepEqual(await copy('idempotency_keys').pluck('key'), ['key-1'])
  t.deepEqual((await audit(copy)).findings, [])
})

test('an idempotency key that the shop has for an addition to a basket is refused', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db)
  const userId = await addUser(db, 'anna')
  const add = {kind: 'add' as const, items: [{productId, quantity: 1}]}
  await decideJobs(db, [newChange({userId, change: add, currency: 'USD', idempotencyKey: 'k'})])
  const key = {key: 'k', fingerprint: 'f'}
  const users = [{username: 'anna', password_hash: '!'}]
  const order = {id: 1, user: 'anna', created_at: '2024-01-01', lines: [], idempotency_keys: [key]}

  await t.throwsAsync(load(db, {users, orders: [order]}), {
    message: /orders\[0\]\.idempotency_keys\[0\]: the shop has this idempotency key for a basket/,
  })
})

test('an idempotency key that the shop has for another order is refused, and so is one that repeats', async (t) => {
  const {db} = await createDatabase(t)
  const key = {key: 'k', fingerprint: 'f'}
  const users = [{username: 'anna', password_hash: '!'}]
  const order = (id: number) => ({id, user: 'anna', created_at: '2024-01-01', lines: [], idempotency_keys: [key]})
  await load(db, {users, orders: [order(1)]})

  await t.throwsAsync(load(db, {users, orders: [order(2)]}), {
    message: /orders\[0\]\.idempotency_keys\[0\]: the shop has this idempotency key for order 1/,
  })
  await t.throwsAsync(load(db, {users, orders: [order(2), order(3)]}), {
    message: /orders\[1\]\.idempotency_keys\[0\]: has the same user and key as orders\[0\]\.idempotency_keys\[0\]/,
  })
})
