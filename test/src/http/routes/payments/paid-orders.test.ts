import test from 'ava'

import {reservedOf} from '../../../../helpers/basket-requests.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'
import {stockOf} from '../../../../helpers/shop.ts'

test('an order is paid with the default method', async (t) => {
  const {db, anna, productId, method, order, request} = await startPaidShop(t)
  await method(anna, 'ok')

  const {status, body} = await order(anna, {payment_method: 'default'})

  t.is(status, 201)
  t.like(body, {total_price: '4.25', payment_status: 'paid', next_action: null})
  t.like((await request(anna, 'GET', `/orders/${body.order_id}/payment/`)).body, {
    state: 'captured',
    payment_status: 'paid',
    amount: '4.25',
    captured: '4.25',
    refunded: '0.00',
    refunds: [],
  })
  t.is(await stockOf(db, productId), 9)
})

test('an order that is declined is 402, takes no stock, and is declined again when it is repeated', async (t) => {
  const {db, calls, anna, productId, method, order} = await startPaidShop(t)
  const id = await method(anna, 'insufficient_funds')
  const headers = {'idempotency-key': 'one'}

  const {status, body} = await order(anna, {payment_method: id}, headers)
  const repeated = await order(anna, {payment_method: id}, headers)

  t.is(status, 402)
  t.like(body, {code: 'payment_declined', decline_code: 'insufficient_funds'})
  t.deepEqual(repeated.body, body)
  t.is(repeated.status, 402)
  t.is(calls.filter((name) => name === 'pay').length, 1)
  t.is(await stockOf(db, productId), 10)
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
})

test('a basket whose payment is declined is open again, holds its items, and can be paid with another method', async (t) => {
  const {db, anna, productId, method} = await startPaidShop(t)
  const [bad, good] = [await method(anna, 'declined'), await method(anna, 'ok')]
  const {body: basket} = await anna.set(productId, 3)

  const declined = await anna.checkOut({basket: basket.id, payment_method: bad})
  t.is(declined.status, 402)
  t.is(await reservedOf(db, productId), 3)
  t.like((await anna.get()).body, {id: basket.id, items: [{quantity: 3, held: 3}], can_checkout: true})

  const paid = await anna.checkOut({basket: basket.id, payment_method: good})
  t.is(paid.status, 201)
  t.is(paid.body.payment_status, 'paid')
  t.is(await stockOf(db, productId), 7)
})
