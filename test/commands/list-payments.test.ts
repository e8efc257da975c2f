import test from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'

test('lists payments, newest first', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  await db('users').update({username: 'anna\u001b[2J'})
  for (const outcome of ['ok', 'declined', 'requires_action'] as const) await pay(await order(outcome))
  await db('payments').update({created_at: '2026-04-18T19:07:52.25Z'})
  await db('payments').whereNotNull('next_try_at').update({next_try_at: '2026-04-19T19:07:52.25Z'})

  // Needs no provider.
  const {exitCode, stdout, stderr} = await runShop(['list-payments'], {env: {DATABASE_URL: url}})

  t.is(exitCode, 0)
  t.deepEqual(
    stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ Order │ User          │ State           │    Amount │ Next try (UTC)      │ Created (UTC)       │',
      '│     3 │ anna\\u001b[2J │ requires_action │ 20.00 USD │ 2026-04-19 19:07:52 │ 2026-04-18 19:07:52 │',
      '│     2 │ anna\\u001b[2J │ declined        │ 20.00 USD │                     │ 2026-04-18 19:07:52 │',
      '│     1 │ anna\\u001b[2J │ captured        │ 20.00 USD │                     │ 2026-04-18 19:07:52 │',
    ],
  )
  t.is(stderr, 'Page 1 of 1, 3 payments.\n')
})

test('--state narrows the list down, and --json has numbered pages', async (t) => {
  const {url, order, pay} = await createPaidShop(t)
  const paid = [await pay(await order('ok')), await pay(await order('declined')), await pay(await order('ok'))]
  const flags = ['--state', 'captured', '--page', '2', '--page-size', '1', '--json']

  const {stdout} = await runShop(['list-payments', ...flags], {env: {DATABASE_URL: url}})
  const none = await runShop(['list-payments', '--state', 'unknown'], {env: {DATABASE_URL: url}})

  const {results, ...page} = JSON.parse(stdout)
  t.deepEqual(page, {count: 2, page: 2, page_count: 2})
  t.is(results.length, 1)
  t.like(results[0], {
    order_id: 1,
    state: 'captured',
    amount: '20.00',
    captured: '20.00',
    refunded: '0.00',
    currency: 'USD',
    provider: 'test',
    provider_id: paid[0]?.providerId,
    next_try_at: null,
  })
  t.deepEqual(none, {exitCode: 0, stdout: '', stderr: 'No payments.\n'})
})

test('--open lists what is not finished, and a refund that is under way has a next try', async (t) => {
  const {url, order, pay, workLater} = await createPaidShop(t)
  const outcomes = ['ok', 'declined', 'requires_action', 'wrong_amount', 'ok'] as const
  for (const outcome of outcomes) await pay(await order(outcome))
  await pay(await order('ok', {capture: 'manual'}))
  await runShop(['cancel-order', '5', '--yes'], {env: paymentEnv(url)})
  const list = async (...flags: string[]) => {
    const {stdout} = await runShop(['list-payments', '--json', ...flags], {env: {DATABASE_URL: url}})
    return JSON.parse(stdout).results as {order_id: number; next_try_at: string | null}[]
  }

  const open = await list('--open')
  t.deepEqual(
    open.map(({order_id}) => order_id),
    [6, 5, 4, 3],
  )
  t.deepEqual(
    open.map(({next_try_at}) => next_try_at !== null),
    [false, true, false, true],
  )
  t.like(await list('--open', '--state', 'captured'), [{order_id: 5}])

  await workLater('0 seconds')
  t.deepEqual(await list('--open', '--state', 'captured'), [])
  t.like(await list('--state', 'refunded'), [{order_id: 5, next_try_at: null}])
})

test('a page beyond the last one is refused, and an unknown state is wrong usage', async (t) => {
  const {url} = await createDatabase(t)

  const page = await runShop(['list-payments', '--page', '2', '--json'], {env: {DATABASE_URL: url}})
  const state = await runShop(['list-payments', '--state', 'paid'], {env: {DATABASE_URL: url}})

  t.is(page.exitCode, 1)
  t.is(JSON.parse(page.stdout).error.code, 'invalid_page')
  t.is(state.exitCode, 2)
  t.regex(state.stderr, /captured/)
})
