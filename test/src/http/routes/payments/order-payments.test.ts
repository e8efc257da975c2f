import test from 'ava'

import {type PaidShop, startPaidShop} from '../../../../helpers/paid-shop.ts'
import {addBuyer} from '../../../../helpers/basket-requests.ts'
import {startShop} from '../../../../helpers/http.ts'
import {placePaidOrder} from '../../../../helpers/payments.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'
import {until} from '../../../../helpers/until.ts'

/** Works until nothing is open. */
async function workOff({db, work}: PaidShop): Promise<void> {
  await until(async () => {
    for (const table of ['payments', 'refunds']) {
      await db(table).whereNotNull('next_try_at').update({next_try_at: db.fn.now()})
    }
    await work()
    const open = await Promise.all(['payments', 'refunds'].map(async (table) => db(table).whereNotNull('next_try_at')))
    return open.flat().length === 0
  })
}

test('a paid order is cancelled at once, and refunded by the background work', async (t) => {
  const opened = await startPaidShop(t)
  const {db, anna, productId, method, order, request} = opened
  await method(anna, 'ok')
  const {body: placed} = await order(anna, {payment_method: 'default'}, {'idempotency-key': 'one'})
  const path = `/orders/${placed.order_id}/`

  const cancelled = await request(anna, 'POST', `${path}cancel/`)
  t.like(cancelled, {status: 200, body: {status: 'cancelled'}})
  t.is(await stockOf(db, productId), 10)
  t.like((await request(anna, 'GET', `${path}payment/`)).body, {
    payment_status: 'paid',
    refunded: '0.00',
    refunds: [{amount: '4.25', state: 'requested'}],
  })
  t.like(await request(anna, 'POST', `${path}cancel/`), {status: 409, body: {code: 'order_cancelled'}})

  await workOff(opened)
  t.like((await request(anna, 'GET', `${path}payment/`)).body, {
    payment_status: 'refunded',
    refunded: '4.25',
    refunds: [{state: 'succeeded'}],
  })
  const repeated = await order(anna, {payment_method: 'default'}, {'idempotency-key': 'one'})
  t.like(repeated, {status: 201, body: {order_id: placed.order_id, payment_status: 'refunded'}})
})

test('an order and the history show how far the payment is, and nothing of it in a shop without payments', async (t) => {
  const {anna, method, order, request} = await startPaidShop(t)
  await order(anna)
  await method(anna, 'insufficient_funds')
  await order(anna, {payment_method: 'default'})
  const {body: paid} = await order(anna, {payment_method: await method(anna, 'ok')})

  t.like((await request(anna, 'GET', '/orders/history/')).body.results, [
    {id: paid.order_id, status: 'placed', payment_status: 'paid'},
    {status: 'cancelled', payment_status: 'failed'},
    {status: 'placed', payment_status: 'none'},
  ])
  t.is((await request(anna, 'GET', `/orders/${paid.order_id}/`)).body.payment_status, 'paid')
  t.like((await request(anna, 'POST', `/orders/${paid.order_id}/cancel/`)).body, {
    status: 'cancelled',
    payment_status: 'paid',
  })

  const plain = await startShop(t)
  const ben = await addBuyer(plain)
  await placePaidOrder(plain.db, {userId: ben.userId, productId: await addProduct(plain.db)})
  const {headers} = ben
  const {body: page} = await plain.send('GET', '/orders/history/', {headers})
  const {body: one} = await plain.send('GET', '/orders/1/', {headers})
  t.deepEqual(Object.keys(one), ['id', 'created_at', 'status', 'total_price', 'currency', 'items'])
  t.deepEqual(page.results, [one])
  t.deepEqual(Object.keys((await plain.send('POST', '/orders/1/cancel/', {headers})).body), Object.keys(one))
})

test('an order whose buyer has to act is cancelled as soon as the provider has cancelled the payment', async (t) => {
  const {db, calls, anna, productId, method, order, request} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const {body} = await order(anna, {payment_method: 'default'})

  t.like(await request(anna, 'POST', `/orders/${body.order_id}/cancel/`), {status: 200, body: {status: 'cancelled'}})
  t.true(calls.includes('cancel'))
  t.is(await stockOf(db, productId), 10)
})

test('an order whose payment is being processed is cancelled and refunded once it was charged', async (t) => {
  const opened = await startPaidShop(t)
  const {db, anna, productId, method, order, request} = opened
  await method(anna, 'processing_then_captured')
  const {body} = await order(anna, {payment_method: 'default'})
  t.is(body.payment_status, 'pending')
  await db('test_provider.payments').update({settles_at: db.raw(`now() + interval '1 hour'`)})

  const refused = await request(anna, 'POST', `/orders/${body.order_id}/cancel/`)
  t.like(refused, {status: 409, body: {code: 'payment_pending'}})
  t.is(await stockOf(db, productId), 9)

  await db('test_provider.payments').update({settles_at: db.fn.now()})
  await workOff(opened)
  t.like((await request(anna, 'GET', `/orders/${body.order_id}/`)).body, {status: 'cancelled'})
  t.like((await request(anna, 'GET', `/orders/${body.order_id}/payment/`)).body, {payment_status: 'refunded'})
  t.is(await stockOf(db, productId), 10)
})

test('an order that is not paid through the shop is cancelled as ever', async (t) => {
  const {calls, anna, order, request} = await startPaidShop(t)
  const {body} = await order(anna)
  t.like(await request(anna, 'POST', `/orders/${body.order_id}/cancel/`), {status: 200, body: {status: 'cancelled'}})
  t.deepEqual(calls, [])
})

test("the payment of another user's order is not found, nor is one that does not exist", async (t) => {
  const {anna, ben, method, order, request} = await startPaidShop(t)
  await method(anna, 'ok')
  const [paid, unpaid] = [await order(anna, {payment_method: 'default'}), await order(anna)]

  for (const [name, suffix] of [
    ['GET', ''],
    ['POST', 'refresh/'],
  ] as const) {
    const payment = (id: number | string) => `/orders/${id}/payment/${suffix}`
    for (const path of [payment(paid.body.order_id), payment(999), payment('99999999999999999999')]) {
      t.like(await request(ben, name, path), {status: 404, body: {code: 'unknown_order'}})
    }
    t.like(await request(anna, name, payment(unpaid.body.order_id)), {status: 404, body: {code: 'unknown_payment'}})
  }
})

test('a refresh asks the provider about what is open, and about nothing else', async (t) => {
  const {calls, anna, method, order, request} = await startPaidShop(t)
  await method(anna, 'ok')
  const {body: paid} = await order(anna, {payment_method: 'default'})
  calls.length = 0

  t.is((await request(anna, 'POST', `/orders/${paid.order_id}/payment/refresh/`)).body.payment_status, 'paid')
  t.deepEqual(calls, [])

  const open = await order(anna, {payment_method: await method(anna, 'requires_action')})
  const refreshed = await request(anna, 'POST', `/orders/${open.body.order_id}/payment/refresh/`)
  t.like(refreshed.body, {payment_status: 'pending', next_action: open.body.next_action})
  t.true(calls.includes('read'))
})

test('a provider that charged something else leaves the order pending', async (t) => {
  const {anna, method, order, request} = await startPaidShop(t)
  await method(anna, 'wrong_amount')
  const {status, body} = await order(anna, {payment_method: 'default'})
  t.like({status, body}, {status: 201, body: {payment_status: 'pending'}})
  t.is((await request(anna, 'GET', `/orders/${body.order_id}/payment/`)).body.state, 'mismatch')
})
