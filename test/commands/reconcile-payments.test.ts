import test from 'ava'

import {cancelOrder} from '../../src/services/orders/cancel.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'

test('says that the books agree, and exits with 0', async (t) => {
  const {url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))
  const env = paymentEnv(url)

  const text = await runShop(['reconcile-payments'], {env})
  const json = await runShop(['reconcile-payments', '--since', '2026-01-01', '--json'], {env})

  const says = 'The books of the shop and of the provider agree.\n'
  t.deepEqual(text, {exitCode: 0, stdout: says, stderr: ''})
  t.is(json.exitCode, 0)
  t.deepEqual(JSON.parse(json.stdout), {found: 0, fixed: 0, remaining: 0, differences: []})
})

test('lists the differences, and exits with 1 as long as one remains', async (t) => {
  const {db, url, gateway, order, pay, signal} = await createPaidShop(t)
  const env = paymentEnv(url)
  const payments = [await pay(await order('ok')), await pay(await order('wrong_amount'))]
  const [paid = '', wrong = ''] = payments.map((payment) => payment?.providerId ?? '')
  await gateway.refund({paymentId: paid, money: {amount: 500, currency: 'USD'}, key: 'at the provider'}, signal)

  const found = await runShop(['reconcile-payments'], {env})
  const fixed = await runShop(['reconcile-payments', '--fix', '--json'], {env})
  const again = await runShop(['reconcile-payments'], {env})

  const mismatch = [
    'Order 2 differs.',
    '  shop: mismatch, 20.00 USD: 0.00 captured, 0.00 refunded',
    '  provider: captured, 20.01 USD: 20.01 captured, 0.00 refunded',
    `  ${wrong}`,
  ]
  t.is(found.exitCode, 1)
  t.deepEqual(found.stdout.split('\n'), [
    ...mismatch,
    'Order 1 differs.',
    '  shop: captured, 20.00 USD: 20.00 captured, 0.00 refunded',
    '  provider: captured, 20.00 USD: 20.00 captured, 5.00 refunded',
    `  ${paid}`,
    'Found 2 differences. docs/payments.md says what to do.',
    '',
  ])
  t.is(fixed.exitCode, 1)
  const {differences, ...count} = JSON.parse(fixed.stdout)
  t.deepEqual(count, {found: 2, fixed: 1, remaining: 1})
  t.like(differences[1], {
    kind: 'differs',
    order_id: 1,
    provider_id: paid,
    ours: {state: 'captured', amount: '20.00', captured: '20.00', refunded: '0.00', currency: 'USD'},
    theirs: {state: 'captured', amount: '20.00', captured: '20.00', refunded: '5.00', currency: 'USD'},
    is_fixed: true,
  })
  t.deepEqual(again.stdout.split('\n'), [...mismatch, 'Found 1 difference. docs/payments.md says what to do.', ''])
  t.is((await db('refunds')).length, 0)
})

test('exits with 0 when --fix has fixed all differences', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))
  await cancelOrder(db, {id: 1})

  const run = await runShop(['reconcile-payments', '--fix'], {env: paymentEnv(url)})

  t.is(run.exitCode, 0)
  t.regex(run.stdout, /^Order 1 is cancelled, and its money was not refunded: fixed\.\n/)
  t.regex(run.stdout, /\nFound 1 difference, and fixed 1\.\n$/)
  t.like(await db('refunds').first(), {amount: 2000, state: 'requested'})
})

test('of very many differences, --json has the first ones and the count of all', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))
  await db.raw(`
    insert into test_provider.payments
    select (jsonb_populate_record(payments, jsonb_build_object('id', 'lost ' || n, 'reference', gen_random_uuid()))).*
    from test_provider.payments, generate_series(1, 1005) as n`)

  const {exitCode, stdout} = await runShop(['reconcile-payments', '--json'], {env: paymentEnv(url)})

  const {differences, ...count} = JSON.parse(stdout)
  t.is(exitCode, 1)
  t.deepEqual(count, {found: 1005, fixed: 0, remaining: 1005})
  t.is(differences.length, 1000)
})

test('a shop without a provider is refused, and an invalid time is wrong usage', async (t) => {
  const {url} = await createPaidShop(t)

  const none = await runShop(['reconcile-payments', '--json'], {env: {DATABASE_URL: url}})
  const time = await runShop(['reconcile-payments', '--since', 'yesterday'], {env: paymentEnv(url)})

  t.is(none.exitCode, 1)
  t.is(JSON.parse(none.stdout).error.code, 'no_payment_provider')
  t.is(time.exitCode, 2)
})
