import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {checkoutSession} from '../../../../src/services/checkout/queue.ts'
import type {Job} from '../../../../src/services/checkout/jobs.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {findLockedProducts} from '../../../../src/services/stock/lock.ts'
import {change, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {growTables, mostRows, scansOf} from '../../../helpers/scans.ts'
import {addProduct, addStock, addUser, usdOrder} from '../../../helpers/shop.ts'

test('plans that were made while the tables were empty find rows by their keys when the tables have grown', async (t) => {
  const {db, url} = await createDatabase(t)
  const [rice, tea] = [await addProduct(db, {stock: 1000}), await addProduct(db, {stock: 1000})]
  const users = await Promise.all([addUser(db), addUser(db), addUser(db), addUser(db)])
  await addStock(db, {productId: rice, poolId: (await createPool(db, 'east')).id, quantity: 1000})
  const orders = connect(() => ({connectionString: url}), {...checkoutSession, ...sessionsOfTests, poolSize: 1})
  t.teardown(async () => orders.destroy())
  // As an autovacuum or a restore of a new shop leaves them. Without that, the planner takes a table for a larger one.
  await db.raw('vacuum analyze')

  await decideAll(t, orders, {rice, tea, users})
  await growTables(db)
  const scans = await scansOf(orders, async () => decideAll(t, orders, {rice, tea, users}))

  t.is(new Set(scans.map(({table}) => table)).size, 12)
  t.deepEqual(
    scans.filter(({rows}) => rows > mostRows),
    [],
  )
})

/** Batches that send every statement of the checkout. */
async function decideAll(
  t: ExecutionContext,
  db: Knex,
  {rice, tea, users}: {rice: number; tea: number; users: number[]},
): Promise<void> {
  const [anna, ben, cleo, dora] = users as [number, number, number, number]
  const keyed = (userId: number, productId: number): Job => ({
    ...change(userId, {kind: 'add', items: [{productId, quantity: 1}]}),
    idempotency: {key: crypto.randomUUID(), fingerprint: ''},
  })
  const batches: Job[][] = [
    [setItem(anna, rice, 1), setItem(ben, rice, 2)],
    [setItem(anna, rice, 2), keyed(ben, tea), usdOrder(dora, [{productId: rice, quantity: 1}], crypto.randomUUID())],
    [checkout(anna), change(ben, {kind: 'remove', productId: tea}), setItem(cleo, rice, 1)],
    [change(ben, {kind: 'hold'}), usdOrder(cleo, [{productId: rice, quantity: 1}])],
    [setItem(cleo, rice, 3)],
    [usdOrder(dora, [{productId: tea, quantity: 1}])],
    [usdOrder(dora, [{productId: tea, quantity: 1}]), usdOrder(anna, [{productId: rice, quantity: 1}])],
    [checkout(ben), checkout(cleo)],
  ]
  for (const jobs of batches) {
    for (const outcome of await decideJobs(db, jobs)) t.regex(codeOf(outcome), /changed|placed/)
  }
  t.deepEqual(await findLockedProducts(db, [rice], [anna]), [])
}
