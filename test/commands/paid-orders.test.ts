import test from 'ava'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {stockOf, usdOrder} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

test('show-order shows the payment, its refunds and what the provider was asked', async (t) => {
  const {url, order, pay} = await createPaidShop(t)
  const id = await order('ok')
  const payment = await pay(id)
  const env = {...paymentEnv(url), SHOP_OPERATOR: 'ben'}
  await runShop(['refund', String(id), '--amount', '5', '--reason', 'arrived broken'], {env})

  const {stdout} = await runShop(['show-order', String(id)], {env: {DATABASE_URL: url}})

  const text = stdout.slice(stdout.indexOf('Payment:')).replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?= │)/g, 'time')
  t.deepEqual(
    text.split('\n').filter((line) => !/^[┌├└]/.test(line)),
    [
      'Payment: partially_refunded. 20.00 of 20.00 USD captured, 5.00 refunded.',
      '  Method: visa 4242',
      `  Id at the provider (test): ${payment?.providerId}`,
      `  Reference: ${payment?.reference}`,
      '│ Refund │   Amount │ State     │ Failure │ Requested (UTC)     │ By                  │',
      '│      1 │ 5.00 USD │ succeeded │         │ time │ ben: arrived broken │',
      '│ Time (UTC)          │ Operation │ Event    │ Outcome   │',
      '│ time │ pay       │ sent     │           │',
      '│ time │ pay       │ answered │ captured  │',
      '│ time │ refund    │ sent     │           │',
      '│ time │ refund    │ answered │ succeeded │',
      '',
    ],
  )
})

test('show-order says what a payment waits for', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  const ids = [await order('requires_action'), await order('insufficient_funds'), await order('wrong_amount')]
  for (const id of ids) await pay(id)
  await db('payments').where({state: 'requires_action'}).update({due_at: '2999-04-18T19:07:52.25Z'})
  const env = {DATABASE_URL: url}
  const shown = []
  for (const id of ids) shown.push((await runShop(['show-order', String(id)], {env})).stdout)

  t.regex(shown[0] ?? '', /^ {2}The buyer has until 2999-04-18 19:07:52 UTC to act\.$/m)
  t.regex(shown[0] ?? '', /^ {2}The provider is asked again at 2\d{3}-.* UTC\.$/m)
  t.regex(shown[1] ?? '', /^Payment: failed \(declined\)\. 0\.00 of 20\.00 USD captured, 0\.00 refunded\.$/m)
  t.regex(shown[1] ?? '', /^ {2}Declined with: insufficient_funds$/m)
  t.regex(shown[2] ?? '', /^ {2}Nothing more is tried: an operator has to decide\. See docs\/payments\.md\.$/m)
})

test('show-order says that an order waits for the provider only as long as it does', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('processing_then_failed'))
  await pay(await order('requires_action'))
  await db.raw(`update test_provider.payments set settles_at = settles_at + interval '1 hour'`)
  const shown = []
  for (const id of ['1', '2']) {
    await runShop(['cancel-order', id, '--yes'], {env: paymentEnv(url)})
    shown.push((await runShop(['show-order', id], {env: {DATABASE_URL: url}})).stdout)
  }

  t.regex(shown[0] ?? '', /^Payment: pending \(processing\)\./m)
  t.regex(shown[0] ?? '', /The order is cancelled as soon as/)
  t.regex(shown[1] ?? '', /^Payment: failed \(cancelled\)\./m)
  t.notRegex(shown[1] ?? '', /as soon as/)
})

test('list-orders shows how far the payments are, and nothing of them if no order of the page has one', async (t) => {
  const {db, url, anna, productId, order, pay} = await createPaidShop(t)
  await placeOrder(db, usdOrder(anna, [{productId, quantity: 1}]))
  await pay(await order('ok'))
  const {username} = await db('users').where({id: anna}).first()
  const list = async (...more: string[]) =>
    runShop(['list-orders', '--user', username, ...more], {env: {DATABASE_URL: url}})
  const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('│'))

  t.regex(
    lines((await list()).stdout).join('\n'),
    /│ Status │ Payment │ Items .*\n.*│ placed │ paid {4}│.*\n.*│ placed │ none {4}│/,
  )
  const {next} = JSON.parse((await list('--page-size', '1', '--json')).stdout)
  t.notRegex((await list('--page-size', '1', '--cursor', next)).stdout, /Payment|none/)
  const {results} = JSON.parse((await list('--json')).stdout)
  t.like(results, [{id: 2, payment_status: 'paid'}, {id: 1}])
  t.false('payment_status' in results[1])
})

test('show-order --json has the payment without secrets, and only of orders that have one', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  const id = await order('requires_action')
  await pay(id)
  await db('payments').update({next_action: {type: 'client_secret', clientSecret: 'pi_1_secret_2'}})

  const {stdout} = await runShop(['show-order', String(id), '--json'], {env: {DATABASE_URL: url}})

  t.notRegex(stdout, /secret/)
  const {payment} = JSON.parse(stdout)
  t.is(JSON.parse(stdout).payment_status, 'pending')
  t.like(payment, {state: 'requires_action', amount: '20.00', captured: '0.00', currency: 'USD', attempt_count: 2})
  t.like(payment.method, {brand: 'visa', last4: '3155'})
  t.like(payment.attempts[1], {operation: 'pay', event: 'answered', outcome: 'requires_action'})
  t.deepEqual(payment.refunds, [])
})

test('show-order shows the latest attempts only, and counts all', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const reads = Array.from({length: 30}, (_, index) => ({
    payment_id: 1,
    operation: 'read',
    event: index % 2 === 0 ? 'sent' : 'answered',
    outcome: `${index}`,
  }))
  await db('payment_attempts').insert(reads)

  const {payment} = JSON.parse((await runShop(['show-order', '1', '--json'], {env: {DATABASE_URL: url}})).stdout)

  t.is(payment.attempt_count, 32)
  t.is(payment.attempts.length, 20)
  t.like(payment.attempts[19], {outcome: '29'})
})

test('cancel-order cancels a paid order, returns its stock and asks for the refund', async (t) => {
  const {db, url, productId, order, pay, workLater, books} = await createPaidShop(t)
  await pay(await order('ok'))
  const env = paymentEnv(url)

  const run = await runShop(['cancel-order', '1', '--yes'], {env})
  const again = await runShop(['cancel-order', '1', '--yes', '--json'], {env})

  t.is(run.exitCode, 0)
  t.regex(
    run.stdout,
    /^Cancelled order 1 of .*\.\n {2}Returned 2 of product 1 .*\.\n {2}A server that takes payments refunds 20\.00 USD\.\n$/,
  )
  t.is(JSON.parse(again.stdout).error.code, 'order_cancelled')
  t.is(await stockOf(db, productId), 10)
  await workLater('0 seconds')
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

test('cancel-order asks the provider before it cancels an order whose payment is not settled', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('requires_action'))
  await pay(await order('processing_then_captured'))
  await db.raw(`update test_provider.payments set settles_at = settles_at + interval '1 hour'`)
  const env = paymentEnv(url)

  const waiting = await runShop(['cancel-order', '1', '--yes', '--json'], {env})
  const processing = await runShop(['cancel-order', '2', '--yes'], {env})

  t.like(JSON.parse(waiting.stdout), {id: 1, status: 'cancelled', payment: {state: 'cancelled'}})
  t.is(processing.exitCode, 1)
  t.regex(processing.stderr, /^Error: The payment of order 2 is not settled/)
  t.like(await db('orders').where({id: 2}).first(), {status: 'placed'})
})

test('cancel-order says that the order is cancelled, even if a server was asking the provider at the same time', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok', {capture: 'manual'}))
  await db('payments').update({lease_until: db.raw(`now() + interval '1 minute'`)})

  const running = runShop(['cancel-order', '1', '--yes'], {env: paymentEnv(url)})
  await until(async () => (await db('payments').where({cancel_requested: true})).length === 1)
  await db('payments').update({lease_until: null})
  const {exitCode, stdout, stderr} = await running

  t.deepEqual([exitCode, stderr], [0, ''])
  t.regex(stdout, /^Cancelled order 1 of /)
})

test('cancel-order --json of a paid order is the same as in show-order', async (t) => {
  const {url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))

  const cancelled = await runShop(['cancel-order', '1', '--yes', '--json'], {env: paymentEnv(url)})
  const shown = await runShop(['show-order', '1', '--json'], {env: paymentEnv(url)})

  t.is(cancelled.stdout, shown.stdout)
  t.like(JSON.parse(shown.stdout).payment, {state: 'captured', refunds: [{state: 'requested', amount: '20.00'}]})
})

test('cancel-order of a mismatch says what to do first', async (t) => {
  const {url, order, pay} = await createPaidShop(t)
  await pay(await order('wrong_amount'))

  const {exitCode, stderr} = await runShop(['cancel-order', '1', '--yes'], {env: paymentEnv(url)})

  t.is(exitCode, 1)
  t.regex(stderr, /can be cancelled when its money has been given back\.\nRefund it at the payment provider first\./)
})

test('cancel-order of a mismatch that is only reserved says to cancel it at the provider, and then cancels the order', async (t) => {
  const {db, url, gateway, order, pay, signal} = await createPaidShop(t)
  const payment = await pay(await order('wrong_amount', {capture: 'manual'}))
  t.is(payment?.state, 'mismatch')
  const cancel = async () => runShop(['cancel-order', '1', '--yes'], {env: paymentEnv(url)})

  const refused = await cancel()
  await gateway.cancel({paymentId: payment?.providerId ?? '', key: 'at the provider'}, signal)
  const done = await cancel()

  t.is(refused.exitCode, 1)
  t.regex(
    refused.stderr,
    /can be cancelled when its money has been freed\.\nCancel \(void\) it at the payment provider first\. See docs/,
  )
  t.is(done.exitCode, 0)
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
})

test('a running server sends the refund that cancel-order asked for', async (t) => {
  const {db, url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok'))
  const shop = spawnServe(t, paymentEnv(url))
  await shop.url
  t.regex(shop.stderr(), /"payments":"optional, with the test provider, which moves no money"/)

  t.is((await runShop(['cancel-order', '1', '--yes'], {env: paymentEnv(url)})).exitCode, 0)
  await until(async () => (await db('refunds').where({state: 'succeeded'})).length === 1)

  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
  const reconciled = await runShop(['reconcile-payments'], {env: paymentEnv(url)})
  t.deepEqual([reconciled.exitCode, reconciled.stdout], [0, 'The books of the shop and of the provider agree.\n'])
})
