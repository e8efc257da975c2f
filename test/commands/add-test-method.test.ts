import test from 'ava'

import {outcomeNames, outcomes} from '../../src/gateways/test-provider/outcomes.ts'
import {createDatabase} from '../helpers/database.ts'
import {paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {addUser} from '../helpers/shop.ts'

test('stores a method of a known outcome, of which the first is the default', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const env = paymentEnv(url)

  const first = await runShop(['add-test-method', 'matt'], {env})
  const second = await runShop(['add-test-method', 'matt', '--outcome', 'declined'], {env})
  const third = await runShop(['add-test-method', 'matt', '--outcome', 'slow_3s', '--default', '--json'], {env})

  t.deepEqual(first, {
    exitCode: 0,
    stdout: 'Stored payment method 1 of matt: visa 4242 (ok), the default.\n',
    stderr: '',
  })
  t.is(second.stdout, 'Stored payment method 2 of matt: visa 0002 (declined).\n')
  const {created_at: createdAt, ...method} = JSON.parse(third.stdout)
  t.regex(createdAt, /^\d{4}-\d\d-\d\dT.*Z$/)
  t.deepEqual(method, {id: 3, brand: 'visa', last4: '3000', expiry: {month: 12, year: 2040}, is_default: true})
  t.deepEqual(await db('payment_methods').where({is_default: true}).pluck('id'), [3])
  t.is((await db('payment_customers')).length, 1)
})

test('every outcome can be named', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')

  for (const outcome of outcomeNames) {
    const run = await runShop(['add-test-method', 'matt', '--outcome', outcome, '--json'], {env: paymentEnv(url)})
    t.is(JSON.parse(run.stdout).last4, outcomes[outcome])
  }
})

test('unknown users and shops without the test provider are refused; an unknown outcome is wrong usage', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const env = paymentEnv(url)

  const unknown = await runShop(['add-test-method', 'nobody', '--json'], {env})
  const none = await runShop(['add-test-method', 'matt'], {env: {DATABASE_URL: url}})
  const outcome = await runShop(['add-test-method', 'matt', '--outcome', 'lucky'], {env})
  const nobody = await runShop(['add-test-method'], {env, input: 'matt\n'})

  t.is(unknown.exitCode, 1)
  t.is(JSON.parse(unknown.stdout).error.code, 'unknown_user')
  t.is(none.exitCode, 1)
  t.regex(none.stderr, /^Error: The settings name no payment provider\./)
  t.is(outcome.exitCode, 2)
  t.regex(outcome.stderr, /insufficient_funds/)
  t.is(nobody.exitCode, 2)
  t.is((await db('payment_methods')).length, 0)
})
