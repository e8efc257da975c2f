import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'
import {pino} from 'pino'

import {connect} from '../../../src/db/connect.ts'
import {openDatabase} from '../../../src/db/open.ts'
import type {Outcome} from '../../../src/gateways/test-provider/outcomes.ts'
import {createTestGateway} from '../../../src/gateways/test-provider/test-gateway.ts'
import {defaultHoldSettings} from '../../../src/hold-settings.ts'
import {startServer} from '../../../src/http/start-server.ts'
import {defaultLoginLimits} from '../../../src/login-limits.ts'
import {defaultPaymentSettings, type PaymentSettings} from '../../../src/payment-settings.ts'
import {addMethod, customerOf} from '../../../src/services/payments/methods.ts'
import {ask} from '../../helpers/ask.ts'
import {createDatabase} from '../../helpers/database.ts'
import {paidApi} from '../../helpers/openapi.ts'
import {spawnServe} from '../../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../../helpers/shop.ts'
import {until} from '../../helpers/until.ts'

/** Stores a method of the test provider, as an operator does. */
async function addTestMethod(
  t: ExecutionContext,
  {db, url}: {db: Knex; url: string},
  {userId, outcome}: {userId: number; outcome: Outcome},
): Promise<void> {
  const providerDb = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => providerDb.destroy())
  const gateway = createTestGateway({db: providerDb, webhookSecrets: ['test'], actionUrl: (id) => id})
  const customerId = await customerOf(db, gateway, userId, new AbortController().signal)
  await addMethod(db, {userId, provider: 'test', method: await gateway.addMethod(customerId, outcome)})
}

async function createShop(t: ExecutionContext, outcome: Outcome) {
  const database = await createDatabase(t)
  const {db} = database
  const userId = await addUser(db)
  await addTestMethod(t, database, {userId, outcome})
  const headers = {authorization: `Token ${await addToken(db, userId)}`, 'content-type': 'application/json'}
  const productId = await addProduct(db, {stock: 100})
  const order = async (origin: string, payment: object = {payment_method: 'default'}) =>
    ask(
      `${origin}/orders/create/`,
      {
        method: 'PUT',
        headers,
        body: JSON.stringify({items: [{product_id: productId, quantity: 1}], ...payment}),
      },
      paidApi(),
    )
  return {...database, order}
}

async function serve(
  t: ExecutionContext,
  url: string,
  settings: Partial<PaymentSettings>,
): Promise<{origin: string; close: (graceMs: number) => Promise<void>; failures: string[]}> {
  const database = await openDatabase({kind: 'url', url}, {poolSize: 1, waitSeconds: 10})
  const failures: string[] = []
  const log = pino({level: 'error'}, {write: (line) => failures.push(line)})
  const server = await startServer(database, log, {
    checkout: {lanes: 2, batchSize: 100, limit: 2000},
    currency: 'USD',
    holds: defaultHoldSettings,
    payments: {...defaultPaymentSettings, mode: 'optional', ...settings},
    replicas: undefined,
    ...{
      poolSize: 10,
      readPoolSize: 5,
      orderItems: 100,
      hosts: [],
      basePath: '',
      corsOrigins: [],
      tokenDays: 30,
      loginLimits: defaultLoginLimits,
      trustProxy: 'loopback',
    },
    ...{host: '127.0.0.1', port: 0, maxConnections: 1000},
  })
  let closed: Promise<void> | undefined
  const close = async (graceMs: number): Promise<void> => (closed ??= server.close(graceMs))
  t.teardown(async () => {
    await close(0)
    await database.close()
  })
  return {origin: server.url, close, failures}
}

test('a server learns by a webhook that the buyer has acted, and finishes the payment by itself', async (t) => {
  const {db, url, order} = await createShop(t, 'requires_action')
  const {origin, failures} = await serve(t, url, {})
  const {body} = (await order(origin)) as {body: {next_action: {url: string}}}

  await ask(body.next_action.url, {method: 'POST'}, paidApi())
  await until(async () => (await db('orders').where({payment_status: 'paid'})).length === 1)

  // On a busy machine, the payment may be read before the webhook arrives.
  await until(async () => (await db('payment_events').where({type: 'payment.captured'})).length > 0)
  t.deepEqual(failures, [])
})

test('a server whose orders must be paid refuses one without a method', async (t) => {
  const {db, url, order} = await createShop(t, 'ok')
  const {origin} = await serve(t, url, {mode: 'required', capture: 'manual'})

  t.like(await order(origin, {}), {status: 402, body: {code: 'payment_required'}})
  t.like(await order(origin), {status: 201, body: {payment_status: 'authorized'}})
  t.is((await db('orders')).length, 1)
})

test('a server that closes answers an order that is being paid as pending', async (t) => {
  const {db, url, order} = await createShop(t, 'timeout_then_captured')
  const {origin, close, failures} = await serve(t, url, {})

  const answer = order(origin)
  await until(async () => (await db('payments').where({state: 'submitted'})).length === 1)
  // The wait for the provider ends four seconds before the grace period.
  await Promise.all([close(4100), answer])

  t.like(await answer, {status: 201, body: {payment_status: 'pending'}})
  t.like(await db('payments').first(), {state: 'unknown', lease_until: null})
  t.deepEqual(failures, [])
})

test('serve takes payments in every worker if the environment says so', async (t) => {
  const {db, url, order} = await createShop(t, 'ok')
  const shop = spawnServe(t, {DATABASE_URL: url, SHOP_PAYMENT: 'optional', SHOP_TEST_PROVIDER_DELAY_MS: '200'}, [
    '--port',
    '0',
    '--workers',
    '2',
  ])
  const origin = await shop.url

  const answers = await Promise.all(Array.from({length: 40}, async () => order(origin)))
  for (const {status, body} of answers) t.like({status, body}, {status: 201, body: {payment_status: 'paid'}})
  t.is((await db('payments').where({state: 'captured'})).length, 40)
  const {body: description} = await ask(`${origin}/openapi.json`, {}, paidApi())
  t.like(description, {paths: {'/webhooks/{provider}/': {post: {operationId: 'receiveWebhook'}}}})

  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
  t.notRegex(shop.stderr(), /Warning/)
})

test('serve does not use the test provider in production unless it is named', async (t) => {
  const {url} = await createShop(t, 'ok')
  const env = {DATABASE_URL: url, SHOP_PAYMENT: 'optional', NODE_ENV: 'production'}
  const shop = spawnServe(t, env)
  t.is(await shop.exitCode, 1)
  t.regex(shop.stderr(), /SHOP_PAYMENT_PROVIDER must be named in production/)
})
