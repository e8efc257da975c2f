import test from 'ava'

import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'

test('refunds a part, then all that is left, and then nothing more', async (t) => {
  const {db, url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok'))
  const env = paymentEnv(url)

  const part = await runShop(['refund', '1', '--amount', '7.50'], {env})
  const tooMuch = await runShop(['refund', '1', '--amount', '12.51', '--json'], {env})
  const rest = await runShop(['refund', '1', '--reason', 'arrived broken', '--json'], {
    env: {...env, SHOP_OPERATOR: 'ben'},
  })
  const again = await runShop(['refund', '1'], {env})

  t.deepEqual(part, {exitCode: 0, stdout: 'Refunded 7.50 USD of order 1.\n', stderr: ''})
  t.is(tooMuch.exitCode, 1)
  t.is(JSON.parse(tooMuch.stdout).error.code, 'refund_too_large')
  t.like(JSON.parse(rest.stdout), {order_id: 1, amount: '12.50', currency: 'USD', state: 'succeeded', failure: null})
  t.like(JSON.parse(rest.stdout), {operator: 'ben', note: 'arrived broken'})
  t.deepEqual(again, {exitCode: 1, stdout: '', stderr: 'Error: Nothing is left to refund of order 1.\n'})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'refunded'})
})

test('a refund that the provider refuses exits with 1, and can be tried again', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('refund_fails'))
  const env = paymentEnv(url)

  const first = await runShop(['refund', '1'], {env})
  const second = await runShop(['refund', '1', '--json'], {env})

  const withKey = await runShop(['refund', '1', '--idempotency-key', 'return-1'], {env})

  t.deepEqual(first, {
    exitCode: 1,
    stdout: '',
    stderr:
      'Error: The provider refused to refund 20.00 USD of order 1.\n' +
      'To try again, run the same command. If it is refused again, see docs/payments.md.\n',
  })
  t.deepEqual([second.exitCode, second.stderr], [1, ''])
  t.like(JSON.parse(second.stdout), {state: 'failed', amount: '20.00'})
  t.is(withKey.exitCode, 1)
  t.regex(withKey.stderr, /^To try again, run the same command with a new --idempotency-key\. /m)
  t.deepEqual(await db('refunds').orderBy('id').pluck('state'), ['failed', 'failed', 'failed'])
})

test('a refund that the provider refuses shows its reason', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))
  await db('test_provider.payments').update({state: 'cancelled'})

  const {stderr} = await runShop(['refund', '1'], {env: paymentEnv(url)})

  t.regex(stderr, /^Error: The provider refused to refund 20\.00 USD of order 1: payment_unexpected_state\.\n/)
})

test('a part that was refunded a short while ago is refunded again only with a new key', async (t) => {
  const {db, url, order, pay, books} = await createPaidShop(t)
  await pay(await order('ok'))
  const part = async (...rest: string[]) => runShop(['refund', '1', '--amount', '7', ...rest], {env: paymentEnv(url)})

  t.is((await part()).exitCode, 0)
  const refused = await part()
  const refusedJson = await part('--json')
  const withKey = await part('--idempotency-key', 'return-2', '--json')
  const replayed = await part('--idempotency-key', 'return-2')
  const replayedJson = await part('--idempotency-key', 'return-2', '--json')

  const {created_at: createdAt} = await db('refunds').orderBy('id').first<{created_at: string}>()
  t.deepEqual([refused.exitCode, refused.stdout], [1, ''])
  t.is(
    refused.stderr,
    `Error: A refund of 7.00 USD of order 1 was requested at ${createdAt.slice(0, 19)}Z (refund 1, succeeded). Nothing more was refunded.\n` +
      'If this is meant to be another refund, pass --idempotency-key with a new key.\n',
  )
  t.is(refusedJson.exitCode, 1)
  t.like(JSON.parse(refusedJson.stdout).error, {
    code: 'duplicate_refund',
    refund: {id: 1, state: 'succeeded', created_at: createdAt},
  })
  t.like(JSON.parse(withKey.stdout), {id: 2, state: 'succeeded', replayed: false})
  t.deepEqual(replayed, {exitCode: 0, stdout: 'Already refunded 7.00 USD of order 1.\n', stderr: ''})
  t.like(JSON.parse(replayedJson.stdout), {id: 2, state: 'succeeded', replayed: true})
  t.deepEqual(await books(), {captured: 2000, refunded: 1400, count: 1})
})

test('orders without a captured payment, and shops without the provider, are refused', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('requires_action'))
  const env = paymentEnv(url)

  const pending = await runShop(['refund', '1'], {env})
  const unknown = await runShop(['refund', '7', '--json'], {env})
  const none = await runShop(['refund', '1'], {env: {DATABASE_URL: url}})
  await db('payments').update({provider: 'another', state: 'captured', captured: 2000})
  const another = await runShop(['refund', '1'], {env})
  await db('payments').update({provider: 'test', state: 'requires_action', captured: 0})

  t.is(pending.exitCode, 1)
  t.is(
    pending.stderr,
    'Error: The payment of order 1 is requires_action. It cannot be refunded.\nTo see it, run: shop show-order 1\n',
  )
  await pay(await order('ok', {capture: 'manual'}))
  t.regex(
    (await runShop(['refund', '2'], {env})).stderr,
    /is authorized\..*\nTo free what is reserved, run: shop cancel-order 2\n$/,
  )
  t.is(JSON.parse(unknown.stdout).error.code, 'unknown_order')
  t.is(none.exitCode, 1)
  t.regex(none.stderr, /^Error: The settings name no payment provider\.\nSet SHOP_PAYMENT/)
  t.is(another.exitCode, 1)
  t.regex(another.stderr, /^Error: The payment provider must be "another"/)
})

test('an amount that cannot be refunded is wrong usage, and refunds nothing', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await pay(await order('ok'))
  const env = paymentEnv(url)

  for (const amount of ['0', '-1', '1.234', 'all']) {
    const {exitCode, stdout} = await runShop(['refund', '1', `--amount=${amount}`], {env})
    t.deepEqual([exitCode, stdout], [2, ''], `--amount=${amount}`)
  }
  t.is((await runShop(['refund'], {env, input: '1\n'})).exitCode, 2)
  t.is((await db('refunds')).length, 0)
})
