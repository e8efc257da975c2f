import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {sqlState} from '../../../../src/db/errors.ts'
import {query} from '../../../../src/db/query.ts'
import {
  AbandonedOrderError,
  CheckoutBusyError,
  OutcomeUnknownError,
  OutOfStockError,
  StockLockedError,
} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {CheckoutQueue, type QueueOptions} from '../../../../src/services/checkout/queue.ts'
import {createDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {startProxy, startProxyOfWaits} from '../../../helpers/proxy.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

async function setUp(t: ExecutionContext, options: Partial<QueueOptions> = {}) {
  const {db, url} = await createDatabase(t)
  const userId = await addUser(db)
  const waits = await startProxyOfWaits(t, url)
  const pool = connect(() => ({connectionString: waits.url}), {poolSize: 10, ...sessionsOfTests})
  t.teardown(async () => pool.destroy())
  const queue = new CheckoutQueue(pool, {lanes: 2, batchSize: 100, limit: 100, ...options})
  const order = (productId: number, quantity = 1) => usdOrder(userId, [{productId, quantity}])
  return {db, userId, queue, order, untilGivenUp: waits.untilGivenUp}
}

/** The transactions that placed an order. */
async function countTransactions(db: Knex): Promise<number> {
  const [row] = await query<{count: number}>(db, 'select count(distinct xmin::text) from orders')
  return row?.count ?? Number.NaN
}

test.serial(
  'a clock that jumps changes neither how long an order waits for a lock, nor when it is tried again',
  async (t) => {
    const {db, queue, order} = await setUp(t)
    const productId = await addProduct(db)
    const blocker = await db.transaction()
    await blocker('stock_levels').where({product_id: productId}).forUpdate()
    const {now} = Date
    t.teardown(() => (Date.now = now))

    const waiting = queue.place(order(productId))
    await delay(1000)
    Date.now = () => now() + 3_600_000
    await delay(1000)
    Date.now = () => now() - 3_600_000
    await delay(1000)
    await blocker.rollback()

    await t.notThrowsAsync(waiting)
  },
)

test('orders that wait for one product go together in the next transaction', async (t) => {
  const {db, queue, order} = await setUp(t)
  const productId = await addProduct(db, {stock: 60})

  const placements = await Promise.all(Array.from({length: 60}, async () => queue.place(order(productId))))

  t.is(new Set(placements.map((placement) => placement.order.id)).size, 60)
  t.is(await countTransactions(db), 2)
  t.is(await stockOf(db, productId), 0)
})

test('a transaction has no more orders than the batch size', async (t) => {
  const {db, queue, order} = await setUp(t, {batchSize: 10})
  const productId = await addProduct(db, {stock: 60})

  await Promise.all(Array.from({length: 31}, async () => queue.place(order(productId))))

  t.is(await countTransactions(db), 4)
})

test('an order does not wait for another product that is locked', async (t) => {
  const {db, queue, order} = await setUp(t)
  const [locked, free] = [await addProduct(db), await addProduct(db)]
  const blocker = await db.transaction()
  await blocker('stock_levels').where({product_id: locked}).forUpdate()

  const waiting = queue.place(order(locked))
  await t.notThrowsAsync(queue.place(order(free)))

  await blocker.rollback()
  await t.notThrowsAsync(waiting)
})

test('two locked products delay only their own orders, which are placed once the locks are gone', async (t) => {
  const {db, userId, queue, order} = await setUp(t)
  const [first, second, free] = [await addProduct(db), await addProduct(db), await addProduct(db, {stock: 50})]
  const blockers = [await db.transaction(), await db.transaction()]
  for (const [index, productId] of [first, second].entries()) {
    await blockers[index]?.('stock_levels').where({product_id: productId}).forUpdate()
  }
  const settled: string[] = []
  const place = async (name: string, placed: Promise<unknown>) => placed.then(() => settled.push(name))

  const waiting = [
    place('first', queue.place(order(first))),
    place('second', queue.place(order(second))),
    place(
      'both',
      queue.place(
        usdOrder(
          userId,
          [first, free].map((productId) => ({productId, quantity: 1})),
        ),
      ),
    ),
  ]
  for (let count = 0; count < 5; count++) await place('free', queue.place(order(free)))
  t.deepEqual([...new Set(settled)], ['free'])

  await blockers[0]?.rollback()
  await Promise.all([waiting[0], waiting[2]])
  t.deepEqual([...new Set(settled)], ['free', 'first', 'both'])
  await blockers[1]?.rollback()
  await waiting[1]
  t.deepEqual((await audit(db)).findings, [])
})

test('an order whose product stays locked is refused after ten seconds, and the queue is idle again', async (t) => {
  const {db, queue, order} = await setUp(t)
  const locked = await addProduct(db)
  const blocker = await db.transaction()
  await blocker('stock_levels').where({product_id: locked}).forUpdate()

  await t.throwsAsync(queue.place(order(locked)), {instanceOf: StockLockedError})
  await queue.drain()

  await blocker.rollback()
  t.is((await db('orders')).length, 0)
  await t.notThrowsAsync(queue.place(order(locked)))
})

test('an order that was set aside comes before later ones of its product', async (t) => {
  const {db, queue, order, untilGivenUp} = await setUp(t, {lanes: 1})
  const productId = await addProduct(db, {stock: 1})
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  const first = queue.place(order(productId))
  await untilGivenUp()
  const second = queue.place(order(productId))
  await untilGivenUp()
  await blocker.rollback()

  await t.throwsAsync(second, {instanceOf: OutOfStockError})
  await t.notThrowsAsync(first)
})

test('orders that need one of two locked products are placed by arrival, whatever else they need', async (t) => {
  const {db, userId, queue, order, untilGivenUp} = await setUp(t)
  const [one, other] = [await addProduct(db, {stock: 20}), await addProduct(db, {stock: 20})]
  const blockers = [await db.transaction(), await db.transaction()]
  const lock = async (index: number, productId: number) =>
    blockers[index]?.('stock_levels').where({product_id: productId}).forUpdate()
  const both = usdOrder(userId, [
    {productId: one, quantity: 1},
    {productId: other, quantity: 1},
  ])
  await lock(0, one)

  const requested = Array.from({length: 10}, (_, index) =>
    index % 2 === 0 ? order(one) : {...both, requestId: randomUUID()},
  )
  const placed = Promise.all(requested.map(async (wanted) => queue.place(wanted)))
  await untilGivenUp()
  // From now on, half of the orders wait for two locks.
  await lock(1, other)
  await untilGivenUp()
  await untilGivenUp()
  await Promise.all(blockers.map(async (blocker) => blocker.rollback()))

  const ids = (await placed).map((placement) => placement.order.id)
  t.deepEqual(
    ids,
    [...ids].sort((a, b) => a - b),
  )
})

test('orders that are set aside count in the limit', async (t) => {
  const {db, queue, order, untilGivenUp} = await setUp(t, {lanes: 1, batchSize: 1, limit: 2})
  const products = [await addProduct(db), await addProduct(db), await addProduct(db)]
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  const taken = products.map(async (productId) => queue.place(order(productId)))
  await untilGivenUp()
  await t.throwsAsync(queue.place(order(products[0] ?? 0)), {instanceOf: CheckoutBusyError})

  await blocker.rollback()
  await t.notThrowsAsync(Promise.all(taken))
})

test('a set-aside order whose client hangs up is dropped, and drain waits for the others', async (t) => {
  const {db, queue, order, untilGivenUp} = await setUp(t)
  const productId = await addProduct(db)
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()
  let isGone = false
  let isDrained = false
  const abandoned = queue.place(order(productId), () => isGone)
  const kept = queue.place(order(productId))
  const drained = queue.drain().then(() => (isDrained = true))

  await untilGivenUp()
  isGone = true
  await t.throwsAsync(abandoned, {instanceOf: AbandonedOrderError})
  await untilGivenUp()
  t.false(isDrained)
  await blocker.rollback()

  await t.notThrowsAsync(kept)
  await drained
  t.is(await stockOf(db, productId), 9)
})

test('a transaction has no more than a thousand items', async (t) => {
  const {db, userId, queue} = await setUp(t, {limit: 5000})
  const products: number[] = []
  for (let count = 0; count < 100; count++) products.push(await addProduct(db, {stock: 12}))
  const items = products.map((productId) => ({productId, quantity: 1}))

  // The first one is placed at once, and the others wait for it.
  await Promise.all(Array.from({length: 12}, async () => queue.place(usdOrder(userId, items))))

  t.is(await countTransactions(db), 3)
})

test('a locked buyer delays no order of another buyer in the same batch', async (t) => {
  const {db, userId, queue} = await setUp(t)
  const productId = await addProduct(db, {stock: 50})
  const others = await Promise.all(Array.from({length: 6}, async () => addUser(db)))
  const blocker = await db.transaction()
  await blocker('users').where({id: userId}).forUpdate()
  const items = [{productId, quantity: 1}]

  const warmUp = queue.place(usdOrder(others[0] ?? 0, items))
  const locked = queue.place(usdOrder(userId, items))
  const placed = others.map(async (id) => queue.place(usdOrder(id, items)))
  await Promise.all([warmUp, ...placed])
  t.is((await db('orders')).length, 7)

  await blocker.rollback()
  await t.notThrowsAsync(locked)
})

test('many locked buyers in a batch delay the others in it by less than a wait for each of them', async (t) => {
  const {db, url} = await createDatabase(t)
  // With one connection, each answer is that to the last transaction.
  let [lockMs, waitedMs] = [0, 0]
  const note = (message: string): false => {
    // As the value of a named statement, or in the text of one for a pooler.
    const limit = /\0set_up_transaction\0\0\x01\0\0\0\x01\0\0\0.(\d+)|lock_timeout', '(\d+)'/.exec(message)
    lockMs = Number(limit?.[1] ?? limit?.[2] ?? lockMs)
    return false
  }
  const proxied = await startProxy(t, url, note, {
    onAnswer(answer) {
      if (answer.includes(`\0C${sqlState.lockNotAvailable}\0`)) waitedMs += lockMs
    },
  })
  const pool = connect(() => ({connectionString: proxied}), {poolSize: 1, ...sessionsOfTests})
  t.teardown(async () => pool.destroy())
  const queue = new CheckoutQueue(pool, {lanes: 1, batchSize: 100, limit: 100})
  const productId = await addProduct(db, {stock: 50})
  const locked = await Promise.all(Array.from({length: 20}, async () => addUser(db)))
  const free = await addUser(db)
  const blocker = await db.transaction()
  await blocker('users').whereIn('id', locked).forUpdate()
  const order = async (userId: number) => queue.place(usdOrder(userId, [{productId, quantity: 1}]))
  await order(free)

  const warmUp = order(free)
  const waiting = locked.map(order)
  waitedMs = 0
  await Promise.all([warmUp, order(free)])
  const waited = waitedMs
  // Waits of 300 ms each, for 39 parts of the batch, would take 12 seconds.
  t.true(waited >= 300 && waited < 5000, `It waited for ${waited} ms.`)

  await blocker.rollback()
  await t.notThrowsAsync(Promise.all(waiting))
})

test('orders of one product are decided in order of arrival, whatever else they ask for', async (t) => {
  const {db, userId, queue, order} = await setUp(t)
  const [first, second] = [await addProduct(db, {stock: 1}), await addProduct(db, {stock: 1})]
  const blocker = await db.transaction()
  await blocker('stock_levels').where({product_id: first}).forUpdate()

  const waiting = queue.place(order(first))
  const both = queue.place(
    usdOrder(userId, [
      {productId: second, quantity: 1},
      {productId: first, quantity: 1},
    ]),
  )
  const last = queue.place(order(second))
  await untilWaiting(db)
  await blocker.rollback()

  await t.notThrowsAsync(waiting)
  await t.throwsAsync(both, {instanceOf: OutOfStockError})
  await t.notThrowsAsync(last)
})

test('a full queue refuses the next order, and nothing of it is written', async (t) => {
  const {db, queue, order} = await setUp(t, {limit: 3})
  const productId = await addProduct(db)
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  const taken = Array.from({length: 4}, async () => queue.place(order(productId)))
  await t.throwsAsync(queue.place(order(productId)), {instanceOf: CheckoutBusyError})

  await blocker.rollback()
  await Promise.all(taken)
  t.is(await stockOf(db, productId), 6)
})

test('while the database is silent, an order waits for a lane for ten seconds, and is then refused', async (t) => {
  const {db, url} = await createDatabase(t)
  const network = {isSilent: false}
  const proxied = await startProxy(t, url, () => false, {forwards: () => !network.isSilent})
  const pool = connect(() => ({connectionString: proxied}), {poolSize: 1, statementMs: 7000})
  t.teardown(async () => pool.destroy())
  const queue = new CheckoutQueue(pool, {lanes: 1, batchSize: 1, limit: 100})
  const [userId, productId] = [await addUser(db), await addProduct(db)]
  const place = async () => queue.place(usdOrder(userId, [{productId, quantity: 1}]))
  await place()

  network.isSilent = true
  const began = performance.now()
  const sent = t.throwsAsync(place(), {instanceOf: OutcomeUnknownError})
  const waiting = Array.from({length: 3}, async () => t.throwsAsync(place(), {instanceOf: CheckoutBusyError}))
  await Promise.all([sent, ...waiting])

  t.true(performance.now() - began < 20_000)
  t.is((await db('orders')).length, 1)
})

test('an order whose client hangs up is dropped while it waits, but not once its transaction has begun', async (t) => {
  const {db, queue, order} = await setUp(t)
  const productId = await addProduct(db)
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  let isGone = false
  const taken = queue.place(order(productId), () => isGone)
  const waiting = queue.place(order(productId), () => isGone)
  isGone = true
  const dropped = t.throwsAsync(waiting, {instanceOf: AbandonedOrderError})
  await untilWaiting(db)
  await blocker.rollback()

  await t.notThrowsAsync(taken)
  await dropped
  t.is(await stockOf(db, productId), 9)
  await t.throwsAsync(
    queue.place(order(productId), () => isGone),
    {instanceOf: AbandonedOrderError},
  )
})

test('a full queue drops orders of clients that hung up to make room', async (t) => {
  const {db, queue, order} = await setUp(t, {limit: 1})
  const productId = await addProduct(db)
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  let isGone = false
  const taken = queue.place(order(productId))
  const abandoned = t.throwsAsync(
    queue.place(order(productId), () => isGone),
    {instanceOf: AbandonedOrderError},
  )
  await t.throwsAsync(queue.place(order(productId)), {instanceOf: CheckoutBusyError})
  isGone = true
  const next = queue.place(order(productId))
  await abandoned
  await blocker.rollback()

  await Promise.all([taken, next])
  t.is(await stockOf(db, productId), 8)
})

test('drain waits for the waiting orders', async (t) => {
  const {db, queue, order} = await setUp(t, {batchSize: 1})
  const productId = await addProduct(db)
  const placed = Array.from({length: 5}, async () => queue.place(order(productId)))

  await queue.drain()

  t.is(await stockOf(db, productId), 5)
  await Promise.all(placed)
  await t.notThrowsAsync(queue.drain())
})

test('a failing order in a batch of good ones fails alone', async (t) => {
  const {db, queue, order} = await setUp(t)
  const productId = await addProduct(db, {stock: 30})
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  const orders = Array.from({length: 10}, (_, n) => ({...order(productId), ...(n === 5 && {userId: 999_999})}))
  const placed = Promise.allSettled([order(productId), ...orders].map(async (one) => queue.place(one)))
  await untilWaiting(db)
  await blocker.rollback()

  const failures = (await placed).filter(({status}) => status === 'rejected')
  t.is(failures.length, 1)
  t.is(await stockOf(db, productId), 20)
})
