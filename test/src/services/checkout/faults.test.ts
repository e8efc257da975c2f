import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {hasSqlState} from '../../../../src/db/errors.ts'
import {OutcomeUnknownError, OutOfStockError} from '../../../../src/errors.ts'
import {placeBatch} from '../../../../src/services/checkout/place-batch.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {CheckoutQueue} from '../../../../src/services/checkout/queue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'
import {errorAnswer, isCommit} from '../../../helpers/wire.ts'

test('a lost COMMIT is looked up: the order is placed once and confirmed', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  let losses = 0
  const proxied = await startProxy(t, url, (message) => isCommit(message) && ++losses <= 2)
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  const orders = [1, 2, 99].map((quantity) => usdOrder(userId, [{productId, quantity}]))
  const outcomes = await placeBatch(through, orders, {lockMs: 300})

  t.true(losses > 2)
  t.deepEqual(
    outcomes.map(({status}) => status),
    ['placed', 'placed', 'refused'],
  )
  t.is((await db('orders')).length, 2)
  t.is(await stockOf(db, productId), 7)
})

test('a lost COMMIT of a single order is looked up too', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  let losses = 0
  const proxied = await startProxy(t, url, (message) => isCommit(message) && ++losses <= 2)
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  const order = usdOrder(userId, [{productId, quantity: 1}])
  const {order: placed} = await placeOrder(through, order)

  t.true(losses > 0)
  t.deepEqual(await db('orders').pluck('id'), [placed.id])
  t.is(await stockOf(db, productId), 9)
})

async function answerCommit(t: ExecutionContext, instead: Buffer) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  let commits = 0
  const proxied = await startProxy(t, url, (message) => isCommit(message) && ++commits === 1, {instead})
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())
  const order = usdOrder(userId, [{productId, quantity: 1}])
  return {db, order, place: async () => placeOrder(through, order), stock: async () => stockOf(db, productId)}
}

for (const [severity, code] of [
  // As a server writes it in Russian.
  ['ВАЖНО', '57P01'],
  ['ERROR', '08P01'],
] as const) {
  test(`a COMMIT whose answer is ${severity} ${code} is looked up`, async (t) => {
    const {db, place, stock} = await answerCommit(t, errorAnswer(severity, code))

    const {order} = await place()

    t.deepEqual(await db('orders').pluck('id'), [order.id])
    t.is(await stock(), 9)
  })
}

for (const severity of ['FATAL', 'PANIC']) {
  test(`after a COMMIT whose answer is ${severity} for another reason, the outcome is unknown`, async (t) => {
    const {db, order, place} = await answerCommit(t, errorAnswer(severity, 'XX000'))

    await t.throwsAsync(place(), {instanceOf: OutcomeUnknownError})

    t.deepEqual(await db('orders').pluck('request_id'), [order.requestId])
  })
}

test('the look-up of a lost COMMIT is repeated if its connection is lost', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  const losses = {commits: 0, lookUps: 0}
  const proxied = await startProxy(t, url, (message) => {
    if (isCommit(message)) return ++losses.commits === 1
    return losses.commits === 1 && message.includes('for update') && ++losses.lookUps === 1
  })
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  const {order} = await placeOrder(through, usdOrder(userId, [{productId, quantity: 1}]))

  t.deepEqual(losses, {commits: 2, lookUps: 2})
  t.deepEqual(await db('orders').pluck('id'), [order.id])
})

test('an order goes to another connection if its own has become read-only, or has plans from before a migration', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  const pool = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => pool.destroy())
  const order = async () => placeOrder(pool, usdOrder(userId, [{productId, quantity: 1}]))
  await order()

  await pool.raw('set default_transaction_read_only = on')
  await order()
  await db.raw('alter table orders alter total type numeric')
  await order()

  t.is(await stockOf(db, productId), 7)
})

test('an order that a lost attempt placed late, after it was looked up, is confirmed and placed once', async (t) => {
  const {db} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db, {stock: 10})]
  const late = usdOrder(userId, [{productId, quantity: 1}])
  const other = usdOrder(userId, [{productId, quantity: 2}])
  const {order} = await placeOrder(db, late)

  // This attempt does not look the order up.
  const again = await placeBatch(db, [late], {lockMs: 300})
  const batch = await placeBatch(db, [other, late], {lockMs: 300})

  const placed = {status: 'placed', placement: {order, isReplay: false}}
  t.deepEqual(again, [placed])
  t.like(batch, [{status: 'placed'}, placed])
  t.is(await stockOf(db, productId), 7)
})

test('a connection lost before COMMIT leaves nothing, and the retry places the orders once', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  let losses = 0
  const proxied = await startProxy(t, url, (message) => message.includes('for update skip locked') && ++losses <= 2)
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  await placeBatch(
    through,
    [1, 2].map((quantity) => usdOrder(userId, [{productId, quantity}])),
    {lockMs: 300},
  )

  t.is(losses, 3)
  t.is((await db('orders')).length, 2)
  t.is(await stockOf(db, productId), 7)
})

test('orders that may need a locked product outlast a connection that is lost while the database is asked which is locked', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const [locked, free] = [await addProduct(db), await addProduct(db)]
  let losses = 0
  const asksWhich = (message: string): boolean => message.includes('\0find_locked_products\0')
  const proxied = await startProxy(t, url, (message) => asksWhich(message) && ++losses === 1)
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())
  const blocker = await db.transaction()
  await blocker('stock_levels').where({product_id: locked}).forUpdate()

  const orders = [locked, free].map((productId) => usdOrder(userId, [{productId, quantity: 1}]))
  const outcomes = await placeBatch(through, orders, {lockMs: 20})
  await blocker.rollback()

  t.true(losses > 1)
  t.like(outcomes, [{status: 'locked', products: [locked]}, {status: 'placed'}])
  t.is(await stockOf(db, free), 9)
})

test('an order survives a deadlock with another program', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const [first, second] = [await addProduct(db), await addProduct(db)]
  const other = await db.transaction()
  await other('stock_levels').where({product_id: second}).forUpdate()

  const order = placeOrder(
    db,
    usdOrder(
      userId,
      [first, second].map((productId) => ({productId, quantity: 1})),
    ),
  )
  await untilWaiting(db)
  const crossed = other('stock_levels').where({product_id: first}).forUpdate()
  const isVictim = await crossed.then(
    () => false,
    (error: unknown) => hasSqlState(error, 'deadlockDetected'),
  )
  await other.rollback()

  await t.notThrowsAsync(order)
  t.is(await stockOf(db, first), 9)
  t.log(isVictim ? 'The other program was the victim.' : 'The order was the victim.')
})

/** How often backends are killed at most until the next order is settled. */
const mostKillsInARow = 5

test('when backends are killed, confirmed orders are in the table once and refused orders are not', async (t) => {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const products = [await addProduct(db, {stock: 150}), await addProduct(db, {stock: 1000})]
  const pool = connect(() => ({connectionString: url}), {poolSize: 8})
  t.teardown(async () => pool.destroy())
  const queue = new CheckoutQueue(pool, {lanes: 3, batchSize: 10, limit: 1000})

  const load = {settled: 0, isDone: false}
  const killer = (async () => {
    let killed = 0
    let rest = {settled: -1, kills: 0}
    while (!load.isDone) {
      // On a slow machine, an attempt takes longer than the pause between two kills: some must get through.
      if (load.settled > rest.settled) rest = {settled: load.settled, kills: mostKillsInARow}
      if (rest.kills > 0) {
        const {rows} = await db.raw<{rows: {killed: boolean}[]}>(
          `select pg_terminate_backend(pid) as killed from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and random() < 0.3`,
        )
        killed += rows.length
        if (rows.length > 0) rest.kills--
      }
      await delay(5)
    }
    return killed
  })()
  const outcomes: {requestId: string; status: string}[] = []
  const unexpected: unknown[] = []
  for (let round = 0; round < 20; round++) {
    const orders = Array.from({length: 20}, (_, n) =>
      usdOrder(userId, [{productId: products[n % 2] ?? 0, quantity: 1}]),
    )
    const settled = await Promise.allSettled(
      orders.map(async (order) => queue.place(order).finally(() => load.settled++)),
    )
    for (const [n, one] of settled.entries()) {
      outcomes.push({requestId: orders[n]?.requestId ?? '', status: one.status})
      if (one.status === 'rejected' && !(one.reason instanceof OutOfStockError)) unexpected.push(one.reason)
    }
  }
  load.isDone = true
  const killed = await killer
  t.log(`${killed} backends were killed.`)
  t.true(killed > 0)
  t.deepEqual(unexpected, [])

  const confirmed = outcomes.filter(({status}) => status === 'fulfilled').map(({requestId}) => requestId)
  const inTable = (await db('orders').pluck('request_id')) as string[]
  t.deepEqual(confirmed.sort(), inTable.sort())
  t.is(confirmed.length, 350)
  t.is(await stockOf(db, products[0] ?? 0), 0)
  t.is(await stockOf(db, products[1] ?? 0), 800)
})
