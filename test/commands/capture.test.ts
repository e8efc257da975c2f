import test from 'ava'

import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'

test('charges what is reserved for an order, once', async (t) => {
  const {db, url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok', {capture: 'manual'}))
  const env = paymentEnv(url)

  const first = await runShop(['capture', '1'], {env})
  const second = await runShop(['capture', '1', '--json'], {env})

  t.deepEqual(first, {exitCode: 0, stdout: 'Captured 20.00 USD of order 1.\n', stderr: ''})
  t.is(second.exitCode, 1)
  t.is(JSON.parse(second.stdout).error.code, 'payment_state')
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
})

test('--json is the payment, without what its buyer needs to act', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok', {capture: 'manual'}))
  await db('payments').update({next_action: {type: 'client_secret', clientSecret: 'pi_1_secret_2'}})

  const {exitCode, stdout} = await runShop(['capture', '1', '--json'], {env: paymentEnv(url)})

  t.is(exitCode, 0)
  t.like(JSON.parse(stdout), {order_id: 1, state: 'captured', captured: '20.00', amount: '20.00', currency: 'USD'})
  t.notRegex(stdout, /secret/i)
})

test('a refusal of the provider is told as one, and leaves the payment authorized', async (t) => {
  const {db, url, gateway, order, pay, signal} = await createPaidShop(t)
  const payment = await pay(await order('ok', {capture: 'manual'}))
  await gateway.cancel({paymentId: payment?.providerId ?? '', key: 'at the provider'}, signal)

  const {exitCode, stderr} = await runShop(['capture', '1'], {env: paymentEnv(url)})

  t.is(exitCode, 1)
  t.is(stderr, 'Error: The payment provider refused: The payment is cancelled, not authorized.\n')
  t.like(await db('payments').first(), {state: 'authorized', captured: 0})
})

test('orders without a payment and shops without a provider are refused', async (t) => {
  const {url} = await createPaidShop(t)

  const unknown = await runShop(['capture', '7'], {env: paymentEnv(url)})
  const none = await runShop(['capture', '7', '--json'], {env: {DATABASE_URL: url}})

  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /^Error: There is no order 7\./)
  t.is(JSON.parse(none.stdout).error.code, 'no_payment_provider')
  t.is((await runShop(['capture', 'x'])).exitCode, 2)
})
