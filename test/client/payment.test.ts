import test from 'ava'

import {readAnswer, ShopProblem} from '../../client/index.ts'
import {connectClient} from '../helpers/client.ts'
import {startPaidShop} from '../helpers/paid-shop.ts'

test('methods are set up, stored, changed and removed', async (t) => {
  const {shop, gateway, anna} = await startPaidShop(t)
  const {payments} = connectClient(shop, anna.headers)

  const {setup, client_secret: secret} = await payments.setUp()
  t.truthy(secret)
  await t.throwsAsync(payments.store(setup), {instanceOf: ShopProblem, message: /not finished/})
  await gateway.confirmSetup(setup, 'ok')
  const first = await payments.store(setup)
  const {setup: other} = await payments.setUp()
  await gateway.confirmSetup(other, 'ok')
  const second = await payments.store(other)

  t.deepEqual(await payments.methods(), [first, second])
  t.like(await payments.makeDefault(second.id), [{is_default: false}, {is_default: true}])
  t.deepEqual(await payments.remove(second.id), [first])
  const problem = await t.throwsAsync(payments.remove(second.id), {instanceOf: ShopProblem})
  t.is(problem.code, 'unknown_payment_method')
})

test('orders and baskets are paid', async (t) => {
  const {shop, anna, productId, method} = await startPaidShop(t)
  const {basket, payments, placeOrder} = connectClient(shop, anna.headers)
  const [good, bad] = [await method(anna, 'ok'), await method(anna, 'insufficient_funds')]
  const items = [{product_id: productId, quantity: 1}]

  const placed = await placeOrder({items, payment_method: good})
  t.like(placed, {payment_status: 'paid', next_action: null})
  t.like(await payments.ofOrder(placed.order_id), {captured: '4.25', payment_status: 'paid'})
  const {id} = await basket.add(items)
  const declined = await t.throwsAsync(basket.checkout({basket: id, payment_method: bad}), {instanceOf: ShopProblem})
  t.like(declined, {status: 402, problem: {code: 'payment_declined', decline_code: 'insufficient_funds'}})
  t.like(await basket.checkout({basket: id, payment_method: 'default'}), {payment_status: 'paid'})
})

test('a buyer who has finished an action refreshes the payment', async (t) => {
  const {shop, anna, productId, method} = await startPaidShop(t)
  const {api, payments, placeOrder} = connectClient(shop, anna.headers)
  await method(anna, 'requires_action')
  const placed = await placeOrder({items: [{product_id: productId, quantity: 1}], payment_method: 'default'})
  t.is(placed.payment_status, 'pending')
  const {next_action: action} = placed
  if (action?.type !== 'redirect') throw new Error('There is no address for the action.')

  await shop.send('POST', new URL(action.url).pathname)

  t.is((await payments.refresh(placed.order_id)).payment_status, 'paid')
  const {status} = await readAnswer(api.GET('/orders/{id}/', {params: {path: {id: placed.order_id}}}))
  t.is(status, 'placed')
})
