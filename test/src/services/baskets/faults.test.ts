import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {audit} from '../../../../src/services/audit.ts'
import {type Job, newChange} from '../../../../src/services/checkout/jobs.ts'
import {basketOf, change, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {isCommit} from '../../../helpers/wire.ts'

/** A shop where Anna's basket has two units of a product, and connections that lose the answers to the first COMMITs. */
async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 10})
  const [first] = await decideJobs(db, [setItem(anna, productId, 2)])
  let losses = 0
  const proxied = await startProxy(t, url, (message) => isCommit(message) && ++losses <= 2)
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => {
    await through.destroy()
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const decide = async (jobs: Job[]): Promise<string[]> => {
    const outcomes = await decideJobs(through, jobs)
    t.true(losses > 0)
    return outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.message : codeOf(outcome)))
  }
  const held = async (userId: number): Promise<number> => {
    const [row] = await db('stock_reservations')
      .join('baskets', 'baskets.id', 'basket_id')
      .where({user_id: userId})
      .sum<{sum: string | null}[]>('quantity as sum')
    return Number(row?.sum)
  }
  return {db, anna, ben, productId, version: basketOf(first)?.version ?? '', decide, held}
}

test('after a lost COMMIT, a single hold is there once', async (t) => {
  const {anna, productId, decide, held} = await setUp(t)

  t.deepEqual(await decide([setItem(anna, productId, 3)]), ['changed'])
  t.is(await held(anna), 3)
})

test('after a lost COMMIT, an addition without a key of its client is made once', async (t) => {
  const {anna, productId, decide, held} = await setUp(t)

  t.deepEqual(await decide([change(anna, {kind: 'add', items: [{productId, quantity: 3}]})]), ['changed'])
  t.is(await held(anna), 5)
})

test('after a lost COMMIT, a checkout is placed once', async (t) => {
  const {db, anna, productId, decide} = await setUp(t)

  t.deepEqual(await decide([checkout(anna)]), ['placed'])
  t.is((await db('orders')).length, 1)
  t.is(await stockOf(db, productId), 8)
})

test('after a lost COMMIT of a batch, each of its jobs was decided once', async (t) => {
  const {db, anna, ben, productId, decide, held} = await setUp(t)
  const items = [{productId, quantity: 1}]

  const outcomes = await decide([
    usdOrder(ben, items),
    change(ben, {kind: 'add', items}),
    setItem(anna, productId, 4),
    change(ben, {kind: 'add', items}),
    setItem(ben, productId, 99),
  ])

  t.deepEqual(outcomes, ['placed', 'changed', 'changed', 'changed', 'out_of_stock'])
  t.is((await db('orders')).length, 1)
  t.is(await held(anna), 4)
  t.is(await held(ben), 2)
})

test('after a lost COMMIT, what was set in a basket that was ordered is not set again in the next one', async (t) => {
  const {db, anna, productId, decide, held} = await setUp(t)

  const items = [{productId, quantity: 1}]
  const [set, added, placed] = await decide([
    setItem(anna, productId, 4),
    change(anna, {kind: 'add', items}),
    checkout(anna),
  ])

  t.regex(set ?? '', /lost its database connection/)
  t.deepEqual([added, placed], ['changed', 'placed'])
  t.is(await stockOf(db, productId), 5)
  t.is(await held(anna), 0)
})

test('after a lost COMMIT, the outcome of a change of one version is unknown', async (t) => {
  const {anna, productId, version, decide, held} = await setUp(t)
  const item = {productId, quantity: 4}
  const once = newChange({userId: anna, currency: 'USD', change: {kind: 'set', item}, ifVersions: [version]})

  const [outcome] = await decide([once])

  t.regex(outcome ?? '', /outcome_unknown|lost its database connection/)
  t.is(await held(anna), 4)
})

test('after a lost COMMIT, a hold that was extended to its maximum is confirmed', async (t) => {
  const {db, anna, ben, decide} = await setUp(t)
  await db('stock_reservations').update({
    held_since: db.raw(`held_since - interval '700 seconds'`),
    expires_at: db.raw(`expires_at - interval '200 seconds'`),
  })

  t.deepEqual(await decide([change(anna, {kind: 'hold'}), change(ben, {kind: 'clear'})]), ['changed', 'changed'])
})
