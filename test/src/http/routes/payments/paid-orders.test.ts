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

test('an order that is out of stock is refused without a call to the provider', async (t) => {
  const {calls, anna, method, order} = await startPaidShop(t, {stock: 0})
  await method(anna, 'ok')

  const {status, body} = await order(anna, {payment_method: 'default'})

  t.is(status, 400)
  t.is(body.code, 'out_of_stock')
  t.deepEqual(calls, [])
})

test('an order with a total that its buyer did not expect is refused without a charge', async (t) => {
  const {calls, anna, method, order} = await startPaidShop(t)
  await method(anna, 'ok')

  const {status, body} = await order(anna, {payment_method: 'default', expected_total: '4.00'})

  t.is(status, 409)
  t.is(body.code, 'total_mismatch')
  t.deepEqual(calls, [])
})

test('an order that costs nothing needs no payment, even if payments are required', async (t) => {
  const {db, calls, anna, method, order, request} = await startPaidShop(t, {context: {isRequired: true}})
  await db('product_prices').update({amount: 0})
  const without = await order(anna)
  await method(anna, 'ok')
  const named = await order(anna, {payment_method: 'default'})

  for (const {status, body} of [without, named]) {
    t.is(status, 201)
    t.like(body, {total_price: '0.00', payment_status: 'none', next_action: null})
    t.is((await request(anna, 'GET', `/orders/${body.order_id}/payment/`)).body.code, 'unknown_payment')
  }
  t.deepEqual(calls, [])
})

test('without a method, an order is not paid if payments are optional, and refused if they are required', async (t) => {
  const optional = await startPaidShop(t)
  const required = await startPaidShop(t, {context: {isRequired: true}})

  t.like(await optional.order(optional.anna), {status: 201, body: {payment_status: 'none', next_action: null}})
  t.like(await required.order(required.anna), {status: 402, body: {code: 'payment_required'}})
  await required.anna.set(required.productId, 1)
  t.like(await required.anna.checkOut(), {status: 402, body: {code: 'payment_required'}})
  t.is(await stockOf(required.db, required.productId), 10)
})

test('a method that does not exist or belongs to another user is refused before stock is taken', async (t) => {
  const {db, calls, anna, ben, productId, method, order} = await startPaidShop(t)
  const bens = await method(ben, 'ok')

  const answers = [
    await order(anna, {payment_method: bens}),
    await order(anna, {payment_method: 999_999}),
    await order(anna, {payment_method: 'default'}),
  ]

  for (const {status, body} of answers) t.like({status, body}, {status: 404, body: {code: 'unknown_payment_method'}})
  t.is(answers[0]?.body.detail, `There is no payment method ${bens}.`)
  t.is(answers[1]?.body.detail, 'There is no payment method 999999.')
  t.is(await stockOf(db, productId), 10)
  t.deepEqual(await db('orders'), [])
  t.deepEqual(calls, [])
})

test('fields about the payment that are not valid are refused by name', async (t) => {
  const {anna, order} = await startPaidShop(t)
  for (const [field, value] of [
    ['payment_method', 'any'],
    ['payment_method', null],
    ['payment_method', 1.5],
    ['return_url', '/done'],
    ['return_url', 'javascript:alert(1)'],
    ['return_url', `https://shop.example/${'x'.repeat(2000)}`],
  ] as const) {
    const {status, body} = await order(anna, {[field]: value})
    t.is(status, 400, `${field} ${String(value)}`)
    t.is(body[field].length, 1)
  }
})

for (const [obstacle, reason] of [
  [{kind: 'too_small', least: 500}, 'the least that can be paid is 5.00 USD.'],
  [{kind: 'too_large', most: 100}, 'the most that can be paid is 1.00 USD.'],
  [{kind: 'inexact', step: 100}, 'the total must be a multiple of 1.00 USD.'],
  [{kind: 'currency'}, 'the payment provider does not support the currency.'],
] as const) {
  test(`an amount that the provider cannot charge is refused before stock is taken: ${obstacle.kind}`, async (t) => {
    const {db, calls, anna, productId, method, order} = await startPaidShop(t, {
      faults: () => ({obstacleTo: () => obstacle}),
    })
    await method(anna, 'ok')

    const {status, body} = await order(anna, {payment_method: 'default'})

    t.like({status, body}, {status: 400, body: {code: 'unpayable'}})
    t.is(body.detail, `4.25 USD cannot be paid: ${reason} Nothing was ordered.`)
    t.is(await stockOf(db, productId), 10)
    t.deepEqual(calls, [])
  })
}

for (const [currency, amount, text] of [
  ['JPY', 425, '425'],
  ['KWD', 4255, '4.255'],
] as const) {
  test(`an order in ${currency} is charged exactly`, async (t) => {
    const {db, gateway, anna, productId, method, order, request} = await startPaidShop(t)
    await db('product_prices').insert({product_id: productId, currency, amount})
    await method(anna, 'ok')

    const {body} = await order(anna, {currency, payment_method: 'default'})

    t.like(body, {total_price: text, payment_status: 'paid'})
    const payment = await request(anna, 'GET', `/orders/${body.order_id}/payment/`)
    t.like(payment.body, {amount: text, captured: text, currency})
    for await (const {money} of gateway.list('2020-01-01T00:00:00Z', new AbortController().signal)) {
      t.deepEqual(money, {amount, currency})
    }
  })
}

test('a double click with a key orders and charges once, and without one twice', async (t) => {
  const {db, calls, anna, productId, method, order} = await startPaidShop(t)
  await method(anna, 'ok')
  const body = {payment_method: 'default'}
  const headers = {'idempotency-key': 'click'}

  const [one, other] = await Promise.all([order(anna, body, headers), order(anna, body, headers)])
  t.is(one.body.order_id, other.body.order_id)
  t.deepEqual([one.status, other.status], [201, 201])
  t.is((await order(anna, body, headers)).body.payment_status, 'paid')
  t.is(calls.filter((name) => name === 'pay').length, 1)

  await Promise.all([order(anna, body), order(anna, body)])
  t.is(calls.filter((name) => name === 'pay').length, 3)
  t.is(await stockOf(db, productId), 7)
})

test('two checkouts of one basket charge it once', async (t) => {
  const {db, calls, anna, productId, method} = await startPaidShop(t)
  await method(anna, 'ok')
  const {body: basket} = await anna.set(productId, 2)
  const checkout = {basket: basket.id, payment_method: 'default'}

  const [one, other] = await Promise.all([anna.checkOut(checkout), anna.checkOut(checkout)])

  t.deepEqual([one.status, other.status], [201, 201])
  t.is(one.body.order_id, other.body.order_id)
  t.is(calls.filter((name) => name === 'pay').length, 1)
  t.is(await stockOf(db, productId), 8)
})

test('a key that is used again with another method is refused', async (t) => {
  const {calls, anna, method, order} = await startPaidShop(t)
  const [one, other] = [await method(anna, 'ok'), await method(anna, 'ok')]
  const headers = {'idempotency-key': 'one'}
  await order(anna, {payment_method: one}, headers)

  t.like(await order(anna, {payment_method: other}, headers), {status: 422, body: {code: 'idempotency_key_reused'}})
  t.is((await order(anna, {}, headers)).status, 422)
  t.is(calls.filter((name) => name === 'pay').length, 1)
})

test('a repeated request gets its order as it is now, whatever has become of the default method', async (t) => {
  const {calls, anna, method, order, request} = await startPaidShop(t)
  const id = await method(anna, 'ok')
  const headers = {'idempotency-key': 'one'}
  const {body: placed} = await order(anna, {payment_method: 'default'}, headers)
  const other = await method(anna, 'ok')
  await request(anna, 'PUT', `/payment-methods/${other}/default/`)
  const afterChange = await order(anna, {payment_method: 'default'}, headers)
  await request(anna, 'DELETE', `/payment-methods/${other}/`)
  await request(anna, 'DELETE', `/payment-methods/${id}/`)
  const afterRemoval = await order(anna, {payment_method: 'default'}, headers)

  for (const {status, body, headers: sent} of [afterChange, afterRemoval]) {
    t.is(status, 201)
    t.deepEqual(body, placed)
    t.is(sent.get('idempotent-replayed'), 'true')
  }
  t.is(calls.filter((name) => name === 'pay').length, 1)
})

test('a method whose card was removed at the provider meanwhile is declined', async (t) => {
  const {db, gateway, anna, method, order} = await startPaidShop(t)
  const id = await method(anna, 'ok')
  const {provider_id: providerId} = await db('payment_methods').where({id}).first()
  await gateway.detach(providerId, new AbortController().signal)

  t.like(await order(anna, {payment_method: id}), {status: 402, body: {code: 'payment_declined'}})
})

test('an order can be paid with a form', async (t) => {
  const {shop, anna, productId, method} = await startPaidShop(t)
  await method(anna, 'ok')
  const form = new URLSearchParams({
    'items[0]product_id': String(productId),
    'items[0]quantity': '1',
    payment_method: 'default',
    return_url: '',
  })
  const {body} = await shop.send('PUT', '/orders/create/', {headers: anna.headers, body: form})
  t.is(body.payment_status, 'paid')
  await anna.set(productId, 1)
  const checkout = new URLSearchParams({payment_method: 'default'})
  const ordered = await shop.send('POST', '/basket/checkout/', {headers: anna.headers, body: checkout})
  t.is(ordered.body.payment_status, 'paid')
})

test('an authorized order is 201', async (t) => {
  const {anna, method, order} = await startPaidShop(t, {context: {capture: 'manual'}})
  await method(anna, 'ok')
  t.like(await order(anna, {payment_method: 'default'}), {status: 201, body: {payment_status: 'authorized'}})
})
