import test from 'ava'

import {placeOrders} from '../../../../src/services/checkout/place-orders.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'

test('a list of orders is decided in arrival order; a refused one leaves its neighbours alone', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 3})
  const order = (quantity: number) => usdOrder(userId, [{productId, quantity}])

  const outcomes = await db.transaction(async (trx) => placeOrders(trx, [order(2), order(2), order(1), order(1)]))

  t.deepEqual(
    outcomes.map(({status}) => status),
    ['placed', 'refused', 'placed', 'refused'],
  )
  t.is(await stockOf(db, productId), 0)
  t.is((await db('orders')).length, 2)
})

test('an idempotency key twice in one list names the order that is accepted first', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 3})
  const order = (quantity: number) => usdOrder(userId, [{productId, quantity}], 'key')

  const [refused, placed, repeated, changed] = await db.transaction(async (trx) =>
    placeOrders(trx, [order(9), order(1), order(1), order(2)]),
  )

  t.is(refused?.status, 'refused')
  t.like(placed, {status: 'placed', placement: {isReplay: false}})
  t.like(repeated, {status: 'placed', placement: {isReplay: true}})
  t.like(changed, {status: 'refused', error: {code: 'idempotency_key_reused'}})
  t.is(await stockOf(db, productId), 2)
})

test('orders in different currencies are priced each in its own', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 9, price: 1000})
  await db('product_prices').insert({product_id: productId, currency: 'EUR', amount: 900})
  const usd = usdOrder(userId, [{productId, quantity: 1}])

  await db.transaction(async (trx) =>
    placeOrders(trx, [usd, {...usd, requestId: crypto.randomUUID(), currency: 'EUR'}]),
  )

  t.deepEqual(await db('orders').orderBy('id').select('currency', 'total'), [
    {currency: 'USD', total: 1000},
    {currency: 'EUR', total: 900},
  ])
})
