import test from 'ava'

import {UnknownOutcomeError} from '../../../../../src/gateways/gateway.ts'
import {mostMethods} from '../../../../../src/services/payments/methods.ts'
import {type PaidShop, startPaidShop} from '../../../../helpers/paid-shop.ts'

/** Begins a setup, as a client does, and finishes it, as the provider's form does. */
async function setUp({request, gateway}: PaidShop, buyer: PaidShop['anna']): Promise<string> {
  const {body} = await request(buyer, 'POST', '/payment-methods/setup/')
  await gateway.confirmSetup(body.setup, 'ok')
  return body.setup as string
}

test('a method is set up, stored, used, made the default and removed', async (t) => {
  const opened = await startPaidShop(t)
  const {anna, order, request} = opened
  t.deepEqual((await request(anna, 'GET', '/payment-methods/')).body, {results: []})

  const begun = await request(anna, 'POST', '/payment-methods/setup/')
  t.is(begun.status, 201)
  t.truthy(begun.body.client_secret)
  const first = await request(anna, 'POST', '/payment-methods/', {setup: await setUp(opened, anna)})
  const second = await request(anna, 'POST', '/payment-methods/', {setup: await setUp(opened, anna)})
  t.is(first.status, 201)
  t.like(first.body, {brand: 'visa', last4: '4242', expiry: {month: 12, year: 2040}, is_default: true})
  t.false(second.body.is_default)
  const {body: placed} = await order(anna, {payment_method: second.body.id})
  t.is(placed.payment_status, 'paid')

  const changed = await request(anna, 'PUT', `/payment-methods/${second.body.id}/default/`)
  t.like(changed.body.results, [
    {...first.body, is_default: false},
    {...second.body, is_default: true},
  ])
  const left = await request(anna, 'DELETE', `/payment-methods/${second.body.id}/`)
  t.deepEqual(left.body.results, [first.body])
  t.deepEqual((await request(anna, 'GET', '/payment-methods/')).body, left.body)
  t.is((await request(anna, 'DELETE', `/payment-methods/${second.body.id}/`)).status, 404)
  const {body: payment} = await request(anna, 'GET', `/orders/${placed.order_id}/payment/`)
  t.deepEqual(payment.method, {brand: 'visa', last4: '4242'})
})

test('storing a setup again, also as a form, returns the same method', async (t) => {
  const opened = await startPaidShop(t)
  const {shop, anna, request} = opened
  const setup = await setUp(opened, anna)

  const first = await request(anna, 'POST', '/payment-methods/', {setup})
  const form = new URLSearchParams({setup})
  const again = await shop.send('POST', '/payment-methods/', {headers: anna.headers, body: form})

  t.deepEqual(again.body, first.body)
  t.is((await request(anna, 'GET', '/payment-methods/')).body.results.length, 1)
})

test('a setup that is not finished, unknown or of another user is refused', async (t) => {
  const opened = await startPaidShop(t)
  const {anna, ben, request} = opened
  const {body: open} = await request(anna, 'POST', '/payment-methods/setup/')
  const bens = await setUp(opened, ben)

  t.like(await request(anna, 'POST', '/payment-methods/', {setup: open.setup}), {
    status: 409,
    body: {code: 'payment_setup_incomplete'},
  })
  for (const setup of ['unknown', bens]) {
    const {status, body} = await request(anna, 'POST', '/payment-methods/', {setup})
    t.like({status, body}, {status: 404, body: {code: 'unknown_payment_setup'}})
    t.is(body.detail, 'There is no such setup of a payment method.')
  }
  t.like(await request(anna, 'POST', '/payment-methods/', {}), {
    status: 400,
    body: {setup: ['This field is required.']},
  })
  t.deepEqual((await request(anna, 'GET', '/payment-methods/')).body.results, [])
})

test("another user's method can neither be seen, changed nor removed", async (t) => {
  const {db, anna, ben, method, request} = await startPaidShop(t)
  const id = await method(ben, 'ok')

  t.deepEqual((await request(anna, 'GET', '/payment-methods/')).body.results, [])
  for (const [name, path] of [
    ['DELETE', `/payment-methods/${id}/`],
    ['PUT', `/payment-methods/${id}/default/`],
    ['DELETE', '/payment-methods/99999999999999999999/'],
  ] as const) {
    t.like(await request(anna, name, path), {status: 404, body: {code: 'unknown_payment_method'}})
  }
  t.like(await db('payment_methods').first(), {is_default: true, removed_at: null})
})

test('after the default was removed, the latest of the others is the default', async (t) => {
  const {anna, method, request} = await startPaidShop(t)
  const [first, second, third] = [await method(anna, 'ok'), await method(anna, 'ok'), await method(anna, 'ok')]

  const {body} = await request(anna, 'DELETE', `/payment-methods/${first}/`)

  t.like(body.results, [
    {id: second, is_default: false},
    {id: third, is_default: true},
  ])
})

test(`a user may have ${mostMethods} methods, and no more`, async (t) => {
  const opened = await startPaidShop(t)
  const {db, anna, method, request} = opened
  for (let count = 1; count < mostMethods; count++) await method(anna, 'ok')
  const [last, beyond] = [await setUp(opened, anna), await setUp(opened, anna)]

  t.is((await request(anna, 'POST', '/payment-methods/', {setup: last})).status, 201)
  t.like(await request(anna, 'POST', '/payment-methods/', {setup: beyond}), {
    status: 409,
    body: {code: 'payment_method_limit'},
  })
  t.is((await db('payment_methods')).length, mostMethods)
  t.is((await request(anna, 'POST', '/payment-methods/', {setup: last})).status, 201)
})

test('a method is forgotten even if the provider cannot be told', async (t) => {
  const {shop, anna, method, request} = await startPaidShop(t, {
    faults: () => ({detach: async () => Promise.reject(new UnknownOutcomeError('The connection was reset.'))}),
  })
  const id = await method(anna, 'ok')

  t.like(await request(anna, 'DELETE', `/payment-methods/${id}/`), {status: 200, body: {results: []}})
  t.deepEqual(shop.errors, [])
})

test('with the test provider, a client finishes a setup with a card of a known outcome', async (t) => {
  const {shop, anna, order, request} = await startPaidShop(t)
  const {setup} = (await request(anna, 'POST', '/payment-methods/setup/')).body
  const path = `/test-provider/setups/${setup}/`

  t.like(await shop.send('POST', path, {json: {outcome: 'perhaps'}}), {status: 400, body: {code: 'invalid'}})
  const done = await shop.send('POST', path, {json: {outcome: 'insufficient_funds'}})
  t.like(done, {status: 200, body: {brand: 'visa', last4: '9995'}})
  t.like(await shop.send('POST', path), {status: 200, body: {last4: '9995'}}, 'the first outcome stays')
  t.is((await shop.send('POST', '/test-provider/setups/unknown/')).status, 404)

  t.is((await request(anna, 'POST', '/payment-methods/', {setup})).body.last4, '9995')
  t.like((await order(anna, {payment_method: 'default'})).body, {decline_code: 'insufficient_funds'})
})

test('a setup whose method was removed does not store it again', async (t) => {
  const opened = await startPaidShop(t, {
    faults: () => ({detach: async () => Promise.reject(new UnknownOutcomeError('The connection was reset.'))}),
  })
  const {anna, request} = opened
  const setup = await setUp(opened, anna)
  const {body: stored} = await request(anna, 'POST', '/payment-methods/', {setup})
  await request(anna, 'DELETE', `/payment-methods/${stored.id}/`)

  const again = await request(anna, 'POST', '/payment-methods/', {setup})

  t.like(again, {status: 404, body: {code: 'unknown_payment_setup'}})
  t.deepEqual((await request(anna, 'GET', '/payment-methods/')).body.results, [])
})

test('after the shop has changed its provider, the default is one of the new provider', async (t) => {
  const {db, anna, method, order, request} = await startPaidShop(t)
  const former = await method(anna, 'ok')
  await db('payment_methods').update({provider: 'former'})
  t.like(await order(anna, {payment_method: 'default'}), {status: 404, body: {code: 'unknown_payment_method'}})

  const [first, second] = [await method(anna, 'ok'), await method(anna, 'ok')]

  const {results} = (await request(anna, 'GET', '/payment-methods/')).body
  t.like(results, [
    {id: first, is_default: true},
    {id: second, is_default: false},
  ])
  t.is((await order(anna, {payment_method: 'default'})).body.payment_status, 'paid')
  t.is((await request(anna, 'PUT', `/payment-methods/${former}/default/`)).status, 404)
})

test('a default of a former provider does not keep a method from becoming the default', async (t) => {
  const {db, anna, method, request} = await startPaidShop(t)
  const [former, first, second] = [await method(anna, 'ok'), await method(anna, 'ok'), await method(anna, 'ok')]
  await db('payment_methods').where({id: former}).update({provider: 'former'})

  const left = await request(anna, 'DELETE', `/payment-methods/${second}/`)

  t.like(left.body.results, [{id: first, is_default: true}])
})

test('the endpoints of payments need a token', async (t) => {
  const {shop} = await startPaidShop(t)
  for (const [method, path] of [
    ['GET', '/payment-methods/'],
    ['POST', '/payment-methods/'],
    ['POST', '/payment-methods/setup/'],
    ['DELETE', '/payment-methods/1/'],
    ['PUT', '/payment-methods/1/default/'],
    ['GET', '/orders/1/payment/'],
    ['POST', '/orders/1/payment/refresh/'],
  ] as const) {
    t.like(await shop.send(method, path), {status: 401, body: {code: 'not_authenticated'}}, `path ${path}`)
  }
})

test('methods of a provider that the shop used before are neither the default nor counted', async (t) => {
  const opened = await startPaidShop(t)
  const {db, anna, order, request} = opened
  const former = Array.from({length: mostMethods}, (_, index) => ({
    ...{user_id: anna.userId, provider: 'stripe', provider_id: `pm_${index}`},
    ...{brand: 'visa', is_default: index === 0},
  }))
  await db('payment_methods').insert(former)

  const added = await request(anna, 'POST', '/payment-methods/', {setup: await setUp(opened, anna)})

  t.like(added, {status: 201, body: {is_default: true}})
  t.is((await order(anna, {payment_method: 'default'})).body.payment_status, 'paid')
})
