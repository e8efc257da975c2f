import test from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {createTokenLookup} from '../../../../src/services/accounts/tokens.ts'
import {CheckoutQueue} from '../../../../src/services/checkout/queue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addCaller, startShop} from '../../../helpers/http.ts'
import {addProduct} from '../../../helpers/shop.ts'

/** Shortens the half minute that a query waits for a connection. */
function setAcquireTimeout(db: Knex, milliseconds: number): void {
  const {pool} = db.client as {pool: {acquireTimeoutMillis: number}}
  pool.acquireTimeoutMillis = milliseconds
}

test('without a free connection lists and orders are answered 503, nothing is ordered, and it passes', async (t) => {
  const {url} = await createDatabase(t)
  const db = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => db.destroy())
  setAcquireTimeout(db, 200)
  const checkout = new CheckoutQueue(db, {lanes: 2, batchSize: 100, limit: 2000})
  const shop = await startShop(t, {db, checkout, findTokenUser: createTokenLookup(db)})
  const {headers} = await addCaller({db, url})
  const productId = await addProduct(db, {stock: 5})
  const list = async () => shop.send('GET', '/products/list/')
  const order = async () =>
    shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: productId, quantity: 1}]}})
  const hold = await db.transaction()

  const refusals = await Promise.all([list(), order()])
  await hold.commit()

  t.deepEqual(
    refusals.map(({status, body}) => `${status} ${body.code}`),
    ['503 database_unavailable', '503 database_unavailable'],
  )
  t.deepEqual([(await list()).status, (await order()).status], [200, 201])
  t.is((await db('orders')).length, 1)
})
