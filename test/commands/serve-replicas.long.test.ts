import {Agent} from 'node:http'

import test, {type ExecutionContext} from 'ava'

import {audit} from '../../src/services/audit.ts'
import {buy} from '../helpers/buy.ts'
import {createDatabase} from '../helpers/database.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser, stockOf} from '../helpers/shop.ts'
import {untilWaiting} from '../helpers/until.ts'

test.serial(
  '200 buyers at several shops want 50 items: 50 get one, the others are refused; crossed orders succeed',
  async (t) => {
    const {db, buyOne} = await startShops(t)
    const rare = await addProduct(db, {stock: 50})
    const [first, second] = [await addProduct(db, {stock: 1000}), await addProduct(db, {stock: 1000})]

    const buyers = Array.from({length: 200}, async (_, n) => buyOne([rare], n))
    const crossed = Array.from({length: 100}, async (_, n) => buyOne(n % 2 ? [first, second] : [second, first], n))
    const [answers, crossedAnswers] = await Promise.all([Promise.all(buyers), Promise.all(crossed)])

    t.is(answers.filter((answer) => answer?.status === 201).length, 50)
    t.is(answers.filter((answer) => answer?.code === 'out_of_stock').length, 150)
    t.true(crossedAnswers.every((answer) => answer?.status === 201))
    t.deepEqual(await Promise.all([rare, first, second].map(async (id) => stockOf(db, id))), [0, 900, 900])
    t.deepEqual((await audit(db)).findings, [])
  },
)

// All four orders wait for the blocker's row lock. Without their own row lock, all of them would have seen the item.
test.serial('four processes race for the last item: one sells it, the others answer out of stock', async (t) => {
  const {db, buyOne} = await startShops(t)
  const last = await addProduct(db, {stock: 1})
  const blocker = await db.transaction()
  await blocker('stock_levels').where({product_id: last}).forUpdate()

  const buyers = [0, 1, 2, 2].map(async (shop) => buyOne([last], shop))
  await untilWaiting(db, 4)
  await blocker.rollback()
  const answers = await Promise.all(buyers)

  t.deepEqual(answers.map((answer) => answer?.code ?? answer?.status).sort(), [
    201,
    'out_of_stock',
    'out_of_stock',
    'out_of_stock',
  ])
  t.is(await stockOf(db, last), 0)
  t.deepEqual((await audit(db)).findings, [])
})

/** Two shops with one process each and one shop with two workers, on one database. Buyers use them in turn. */
async function startShops(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  const one = ['--port', '0']
  const shops = [one, one, ['--workers', '2', ...one]].map((args) => spawnServe(t, {DATABASE_URL: url}, args))
  const origins = await Promise.all(shops.map(async ({url}) => url))
  const agent = new Agent({keepAlive: true})
  t.teardown(() => {
    agent.destroy()
  })

  const buyOne = async (productIds: number[], shop: number) => {
    const items = productIds.map((product_id) => ({product_id, quantity: 1}))
    return buy({agent, origin: origins[shop % origins.length] ?? '', token}, {items})
  }
  return {db, buyOne}
}
