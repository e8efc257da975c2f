import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {isConnectionError} from '../../../../src/db/errors.ts'
import {OrderCancelledError, UnknownOrderError, OutcomeUnknownError} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {cancelOrder} from '../../../../src/services/orders/cancel.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {adjustStock} from '../../../../src/services/stock/adjust.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {load} from '../../../helpers/fixtures.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addStock, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

async function levelsOf(db: Knex): Promise<number[]> {
  return db('stock_levels').orderBy(['product_id', 'pool_id']).pluck('on_hand')
}

/** Two products, and an order of 3 of each; the second product comes from two stock pools. */
async function setUp(t: ExecutionContext, {poolSize = 10} = {}) {
  const {db, url} = await createDatabase(t, {poolSize})
  const userId = await addUser(db)
  const east = await createPool(db, 'east')
  const single = await addProduct(db, {stock: 10})
  const split = await addProduct(db, {stock: 2})
  await addStock(db, {productId: split, poolId: east.id, quantity: 1})
  const items = [single, split].map((productId) => ({productId, quantity: 3}))
  const {order} = await placeOrder(db, usdOrder(userId, items, 'key'))
  t.deepEqual(await levelsOf(db), [7, 0, 0])
  return {db, url, userId, single, split, items, id: order.id}
}

test('cancelling returns the stock to the stock pools it came from, by movements of the order', async (t) => {
  const {db, id, single, split} = await setUp(t)

  const order = await cancelOrder(db, {id})

  t.like(order, {id, status: 'cancelled', isImported: false})
  t.deepEqual(
    order.movements
      .filter(({reason}) => reason === 'cancel')
      .map(({productId, pool, delta}) => [productId, pool, delta]),
    [
      [single, 'default', 3],
      [split, 'default', 2],
      [split, 'east', 1],
    ],
  )
  t.deepEqual(await levelsOf(db), [10, 2, 1])
  t.deepEqual((await audit(db)).findings, [])
})

test('an order can be cancelled once', async (t) => {
  const {db, id} = await setUp(t)
  await cancelOrder(db, {id})

  await t.throwsAsync(cancelOrder(db, {id}), {instanceOf: OrderCancelledError, message: new RegExp(`Order ${id} `)})

  t.deepEqual(await levelsOf(db), [10, 2, 1])
})

test('of many simultaneous cancellations of an order, one succeeds', async (t) => {
  const {db, id} = await setUp(t)

  const other = await db.transaction()
  await other('orders').where({id}).forUpdate()

  const settled = Promise.allSettled(Array.from({length: 8}, async () => cancelOrder(db, {id})))
  await untilWaiting(db, 8)
  await other.rollback()
  const outcomes = await settled

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({reason}) => reason as unknown)
  t.is(refusals.length, 7)
  t.true(refusals.every((refusal) => refusal instanceof OrderCancelledError))
  t.deepEqual(await levelsOf(db), [10, 2, 1])
  t.deepEqual((await audit(db)).findings, [])
})

test("an unknown order and another user's order cannot be found", async (t) => {
  const {db, id} = await setUp(t)

  await t.throwsAsync(cancelOrder(db, {id: id + 1}), {instanceOf: UnknownOrderError})
  await t.throwsAsync(cancelOrder(db, {id, userId: await addUser(db)}), {instanceOf: UnknownOrderError})

  t.deepEqual(await levelsOf(db), [7, 0, 0])
})

test('cancelling an imported order returns no stock, since it took none', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, {
    users: [{username: 'anna', password: 'secret'}],
    products: [{name: 'Rice', price: '2.50', stock: 5}],
    orders: [{id: 3, user: 'anna', created_at: '2024-04-20', lines: [{product: 'Rice', quantity: 2, price: '2.00'}]}],
  })

  t.like(await cancelOrder(db, {id: 3}), {status: 'cancelled', isImported: true, movements: {length: 0}})

  t.deepEqual(await levelsOf(db), [5])
  t.deepEqual((await audit(db)).findings, [])
})

test('returned stock can be ordered again, and a repeated request still gets the cancelled order', async (t) => {
  const {db, id, userId, items, split} = await setUp(t)
  await cancelOrder(db, {id})

  const replay = await placeOrder(db, usdOrder(userId, items, 'key'))
  const again = await placeOrder(db, usdOrder(userId, items))

  t.like(replay, {order: {id}, isReplay: true})
  t.not(again.order.id, id)
  t.is(await stockOf(db, split), 0)
})

test('orders and cancellations of the same products do not deadlock, and the audit is clean', async (t) => {
  const {db, userId, single, split} = await setUp(t, {poolSize: 16})
  const items = [single, split].map((productId) => ({productId, quantity: 1}))
  for (const productId of [single, split]) await adjustStock(db, {productId, pool: 'default', change: {to: 100}})

  const rounds = Array.from({length: 40}, async (_, n) => {
    const {order} = await placeOrder(db, usdOrder(userId, n % 2 ? items : items.toReversed()))
    await cancelOrder(db, {id: order.id})
  })

  await t.notThrowsAsync(Promise.all(rounds))
  t.deepEqual(await levelsOf(db), [100, 100, 0])
  t.deepEqual((await audit(db)).findings, [])
})

test('a lost connection leaves the order unchanged, and it can be cancelled afterwards', async (t) => {
  const {db, url, id} = await setUp(t)
  const proxied = await startProxy(t, url, (message) => message.includes('update orders'))
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  const error = await t.throwsAsync(cancelOrder(through, {id}))

  t.true(isConnectionError(error))
  t.deepEqual(await levelsOf(db), [7, 0, 0])
  await t.notThrowsAsync(cancelOrder(db, {id}))
})

test('after a lost COMMIT, the outcome is unknown, and repeating the cancellation reports that it is done', async (t) => {
  const {db, url, id} = await setUp(t)
  const proxied = await startProxy(t, url, (message) => message.includes('COMMIT'))
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  await t.throwsAsync(cancelOrder(through, {id}), {instanceOf: OutcomeUnknownError})

  await t.throwsAsync(cancelOrder(db, {id}), {instanceOf: OrderCancelledError})
  t.deepEqual(await levelsOf(db), [10, 2, 1])
})

test('a cancellation locks the order before its stock', async (t) => {
  const {db, id} = await setUp(t)
  const other = await db.transaction()
  await other('orders').where({id}).forUpdate()

  const cancelled = cancelOrder(db, {id})
  await untilWaiting(db)
  const free = await db('stock_levels').forUpdate().skipLocked()
  await other.rollback()

  t.is(free.length, 3)
  await t.notThrowsAsync(cancelled)
})
