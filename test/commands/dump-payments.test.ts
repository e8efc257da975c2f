import test from 'ava'

import {audit} from '../../src/services/audit.ts'
import {createDatabase} from '../helpers/database.ts'
import {createPaidShop} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'

for (const flags of [[], ['--format', 'ndjson']]) {
  test(`${['dump-fixture', ...flags].join(' ')} has the orders, and nothing of their payments`, async (t) => {
    const {db, url, order, pay} = await createPaidShop(t)
    for (const outcome of ['ok', 'declined', 'requires_action'] as const) await pay(await order(outcome))
    await db('payments').update({next_action: {type: 'client_secret', clientSecret: 'pi_1_secret_2'}})
    const ids = [
      ...(await db('payments').pluck('reference')),
      ...(await db('payments').whereNotNull('provider_id').pluck('provider_id')),
      ...(await db('payment_methods').pluck('provider_id')),
      ...(await db('payment_customers').pluck('customer_id')),
    ]

    const {exitCode, stdout} = await runShop(['dump-fixture', ...flags], {env: {DATABASE_URL: url}})

    t.is(exitCode, 0)
    t.is(ids.length, 10)
    for (const id of ids) t.false(stdout.includes(id as string))
    t.notRegex(stdout, /payment|secret|visa|4242|test_/)
    t.regex(stdout, /"total": ?"20\.00"/)
  })
}

test('a dump of paid orders is loaded into an empty shop as history, and changes nothing in its own', async (t) => {
  const {db, url, order, pay, workLater, books} = await createPaidShop(t)
  for (const outcome of ['ok', 'declined', 'requires_action'] as const) await pay(await order(outcome))
  const rows = async () => ({orders: await db('orders').orderBy('id'), payments: await db('payments').orderBy('id')})
  const before = await rows()
  const dump = await runShop(['dump-fixture'], {env: {DATABASE_URL: url}})
  const empty = await createDatabase(t)

  const there = await runShop(['load-fixture', '-'], {env: {DATABASE_URL: empty.url}, input: dump.stdout})
  const here = await runShop(['load-fixture', '-'], {env: {DATABASE_URL: url}, input: dump.stdout})

  t.is(there.exitCode, 0)
  t.deepEqual(await empty.db('orders').orderBy('id').select('status', 'payment_status', 'is_imported'), [
    {status: 'placed', payment_status: 'none', is_imported: true},
    {status: 'cancelled', payment_status: 'none', is_imported: true},
    {status: 'placed', payment_status: 'none', is_imported: true},
  ])
  t.is((await empty.db('payments')).length, 0)
  t.deepEqual((await audit(empty.db)).findings, [])
  t.is(here.exitCode, 0)
  t.deepEqual(await rows(), before)
  await workLater()
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 3})
})
