import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {audit} from '../../../../src/services/audit.ts'
import {createClockWatch} from '../../../../src/services/catalogue/clock.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {setPrice} from '../../../../src/services/products/prices.ts'
import {installClock} from '../../../helpers/clock.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, usdOrder} from '../../../helpers/shop.ts'

async function setUp(t: ExecutionContext) {
  const database = await createDatabase(t)
  const clock = await installClock(database.db)
  const db = connect(() => ({connectionString: database.url}), {poolSize: 2})
  t.teardown(async () => db.destroy())

  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 10})
  await db('product_prices').update({effective_from: '2026-01-01', amount: 100})

  async function listed(): Promise<number[]> {
    const {results} = await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'})
    return results.map(({price}) => price)
  }
  async function sold(): Promise<number> {
    return (await placeOrder(db, usdOrder(userId, [{productId, quantity: 1}]))).order.total
  }
  return {db, clock, productId, listed, sold}
}

test('while the clock is behind a price, list and order have the one before it, and then the new one', async (t) => {
  const {db, clock, productId, listed, sold} = await setUp(t)
  const watch = createClockWatch(db)
  await watch()
  await setPrice(db, {productId, currency: 'USD', amount: 200})
  t.deepEqual([await listed(), await sold()], [[200], 200])

  await clock.setBack('1 hour')
  await watch()

  t.deepEqual([await listed(), await sold()], [[100], 100])
  t.deepEqual((await audit(db)).findings, [])

  await clock.setBack('-1 hour')
  t.deepEqual([await listed(), await sold()], [[200], 200])
  t.deepEqual((await audit(db)).findings, [])
})

test('a server that starts after the clock was set back lists the prices of its time', async (t) => {
  const {db, clock, productId, listed, sold} = await setUp(t)
  await setPrice(db, {productId, currency: 'USD', amount: 200})
  await listed()

  await clock.setBack('1 hour')
  await createClockWatch(db)()

  t.deepEqual([await listed(), await sold()], [[100], 100])
})

test('a price that was scheduled and is scheduled again gets no second refresh', async (t) => {
  const {db, clock, productId, listed} = await setUp(t)
  const watch = createClockWatch(db)
  await setPrice(db, {productId, currency: 'USD', amount: 300, effectiveFrom: '2100-01-01'})
  await watch()
  await clock.setBack('1 hour')
  await watch()

  t.deepEqual(await listed(), [100])
  t.is((await db('listing_refreshes')).length, 1)
})
