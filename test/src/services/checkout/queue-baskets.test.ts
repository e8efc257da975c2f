import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {InvalidOrderError} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {CheckoutQueue, checkoutSession} from '../../../../src/services/checkout/queue.ts'
import {checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {startProxyOfWaits} from '../../../helpers/proxy.ts'
import {addProduct, addUser} from '../../../helpers/shop.ts'

/** Longer than it takes until two jobs have been set aside, and are tried again together. */
const setAsideMs = 1200

/** A basket with two units of a product, locked until `unlock`. */
async function setUp(t: ExecutionContext) {
  const {db} = await createDatabase(t)
  const queue = new CheckoutQueue(db, {lanes: 2, batchSize: 100, limit: 100})
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 10})]
  await queue.change(setItem(anna, productId, 2))
  const blocker = await db.transaction()
  await blocker('baskets').forUpdate()
  return {db, queue, anna, productId, unlock: async () => blocker.rollback()}
}

for (const [how, waitMs] of [
  ['while the first attempt waits', 100],
  ['after both were set aside', setAsideMs],
] as const) {
  test(`two checkouts of a locked basket place one order: unlocked ${how}`, async (t) => {
    const {db, queue, anna, unlock} = await setUp(t)

    const [first, second] = [queue.place(checkout(anna)), queue.place(checkout(anna))]
    await Promise.all([delay(waitMs).then(unlock), t.throwsAsync(second, {instanceOf: InvalidOrderError}), first])

    t.is((await db('orders')).length, 1)
    t.deepEqual((await audit(db)).findings, [])
  })

  test(`a change that follows the checkout of a locked basket is made in the next one: unlocked ${how}`, async (t) => {
    const {db, queue, anna, productId, unlock} = await setUp(t)

    const checkedOut = queue.place(checkout(anna))
    const changed = queue.change(setItem(anna, productId, 5))
    await delay(waitMs)
    await unlock()

    await checkedOut
    t.like((await changed).basket, {version: '2-1', items: [{quantity: 5, held: 5}]})
    t.like(await db('order_lines'), [{quantity: 2}])
    t.deepEqual((await audit(db)).findings, [])
  })
}

test('a change that follows one of the same basket that was set aside is made after it', async (t) => {
  const {db, queue, anna, productId, unlock} = await setUp(t)

  const changes = [queue.change(setItem(anna, productId, 3))]
  await delay(400)
  changes.push(queue.change(setItem(anna, productId, 4)))
  await delay(setAsideMs)
  changes.push(queue.change(setItem(anna, productId, 5)))
  await unlock()
  await Promise.all(changes)

  t.like(await db('basket_lines'), [{quantity: 5}])
})

for (const [what, expectedWaits, request] of [
  // The first one goes alone, and the others need what it has found locked.
  ['holds', 1, async (queue, userId, productId) => queue.change(setItem(userId, productId, 2))],
  // What the others need is known after their own wait.
  ['checkouts', 2, async (queue, userId) => queue.place(checkout(userId))],
] satisfies [string, number, (queue: CheckoutQueue, userId: number, productId: number) => Promise<unknown>][]) {
  test(`many ${what} that need a locked product delay a hold of another product by one wait for the lock`, async (t) => {
    const {db, url} = await createDatabase(t)
    const waits = await startProxyOfWaits(t, url)
    const pool = connect(() => ({connectionString: waits.url}), {...checkoutSession, poolSize: 2, ...sessionsOfTests})
    t.teardown(async () => pool.destroy())
    const queue = new CheckoutQueue(pool, {lanes: 1, batchSize: 100, limit: 2000})
    const [locked, free] = [await addProduct(db, {stock: 200}), await addProduct(db)]
    const buyers = await Promise.all(Array.from({length: 60}, async () => addUser(db)))
    await Promise.all(buyers.map(async (buyer) => queue.change(setItem(buyer, locked, 1))))
    const anna = await addUser(db)
    const blocker = await db.transaction()
    await blocker('stock_levels').where({product_id: locked}).forUpdate()

    const waiting = buyers.map(async (buyer) => request(queue, buyer, locked))
    const before = waits.givenUp()
    await queue.change(setItem(anna, free, 1))
    const waited = waits.givenUp() - before
    await blocker.rollback()

    await Promise.all(waiting)
    // Halving the batch would take 120 of them.
    t.is(waited, expectedWaits)
    t.deepEqual((await audit(db)).findings, [])
  })
}

test('in a batch, a basket that was ordered is neither ordered again nor changed', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 10})]
  await decideJobs(db, [setItem(anna, productId, 2)])

  const outcomes = await decideJobs(db, [checkout(anna), checkout(anna), setItem(anna, productId, 5)])

  t.deepEqual(outcomes.map(codeOf), ['placed', 'basket_locked', 'basket_locked'])
  t.deepEqual((await audit(db)).findings, [])
})
