import test from 'ava'

import {placeBatch} from '../../../../src/services/checkout/place-batch.ts'
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

test('a list of orders costs as many statements as one order, in two round trips', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const productIds = [await addProduct(db, {stock: 500}), await addProduct(db, {stock: 500})]
  const order = (key?: string) =>
    usdOrder(
      userId,
      productIds.map((productId) => ({productId, quantity: 1})),
      key,
    )
  const roundTripsOf = async (orders: ReturnType<typeof order>[]): Promise<string[][]> => {
    const roundTrips: string[][] = []
    let isAnswered = true
    const sent = ({sql}: {sql: string}): void => {
      if (isAnswered) roundTrips.push([])
      isAnswered = false
      roundTrips.at(-1)?.push(sql.trim().split(/\W/)[0] ?? '')
    }
    const answered = (): void => void (isAnswered = true)
    db.on('query', sent).on('query-response', answered)
    await placeBatch(db, orders)
    db.removeListener('query', sent).removeListener('query-response', answered)
    return roundTrips
  }

  const once = [
    ['BEGIN', 'set', 'select', 'select'],
    ['with', 'COMMIT'],
  ]
  t.deepEqual(await roundTripsOf([order()]), once)
  t.deepEqual(await roundTripsOf(Array.from({length: 100}, () => order())), once)
  t.deepEqual(await roundTripsOf([order('a'), order('b')]), [
    ['BEGIN', 'set', 'select', 'select', 'select'],
    ['with', 'COMMIT'],
  ])
})
