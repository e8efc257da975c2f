import type {Knex} from 'knex'
import {pino} from 'pino'
import test, {type ExecutionContext} from 'ava'

import {sqlState} from '../../../src/db/errors.ts'
import {openDatabase} from '../../../src/db/open.ts'
import {query} from '../../../src/db/query.ts'
import {defaultHoldSettings} from '../../../src/hold-settings.ts'
import {defaultLoginLimits} from '../../../src/login-limits.ts'
import {defaultPaymentSettings} from '../../../src/payment-settings.ts'
import {startServer} from '../../../src/http/start-server.ts'
import {setPrice} from '../../../src/services/products/prices.ts'
import {ask} from '../../helpers/ask.ts'
import {installClock} from '../../helpers/clock.ts'
import {createDatabase} from '../../helpers/database.ts'
import type {Answer} from '../../helpers/http.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {addProduct, addToken, addUser} from '../../helpers/shop.ts'
import {until} from '../../helpers/until.ts'

test('lists that wait for a lock hold connections for reads only, give up, and delay no order', async (t) => {
  const {db, origin, order, failures} = await setUp(t)
  const holder = await db.transaction()
  await holder.raw('lock table listings')
  t.teardown(async () => holder.rollback())

  // Five at a time wait for a second each, so that of 40 some get no connection in five seconds, however late each is sent.
  const answers: Answer[] = []
  const lists = Array.from({length: 40}, async (_, n) => {
    do answers.push(await ask(`${origin}/products/list/?page_size=${n + 1}`))
    while (!failures.includes('KnexTimeoutError'))
  })
  await until(async () => (await waiting(db)).length === 5)
  const orders = Promise.all(Array.from({length: 20}, order))

  t.deepEqual(new Set(await waiting(db)), new Set(['shop reads']))
  t.deepEqual(new Set((await orders).map(({status}) => status)), new Set([201]))
  await Promise.all(lists)
  for (const {status, headers} of answers) {
    t.is(status, 503)
    t.is(headers.get('retry-after'), '5')
  }
  t.deepEqual(new Set(failures), new Set([sqlState.lockNotAvailable, 'KnexTimeoutError']))
  await holder.rollback()
  t.is((await ask(`${origin}/products/list/`)).status, 200)
})

test('a list of a user with a token takes no other connection either', async (t) => {
  const {db, origin, headers} = await setUp(t)
  const holder = await db.transaction()
  await holder.raw('lock table auth_tokens')
  t.teardown(async () => holder.rollback())

  const list = ask(`${origin}/products/list/`, {headers})
  await until(async () => (await waiting(db)).length === 1)

  t.deepEqual(await waiting(db), ['shop reads'])
  await holder.rollback()
  t.is((await list).status, 200)
})

for (const [what, table, path, pool] of [
  ['list', 'listings', '/products/list/', 'shop reads'],
  ['token', 'auth_tokens', '/orders/history/', 'shop'],
  ['history', 'order_lines', '/orders/history/', 'shop'],
] as const) {
  test(`a ${what} whose session is ended by the server is read again`, async (t) => {
    const {db, origin, headers, order, failures} = await setUp(t)
    await order()
    const ended = lockUntilOneIsEnded(db, table, pool)
    await until(async () => isLocked(db, table))

    const {status} = await ask(origin + path, {headers})

    t.deepEqual([status, failures], [200, []])
    await ended
  })
}

test('requests that hold all other connections delay no order', async (t) => {
  const {db, origin, headers, order} = await setUp(t)
  const warnings: Error[] = []
  process.on('warning', (warning) => warnings.push(warning))
  const {body} = await order()
  const holder = await db.transaction()
  await holder('orders').forUpdate()
  t.teardown(async () => holder.rollback())

  const url = `${origin}/orders/${(body as {order_id: number}).order_id}/cancel/`
  const cancellations = Array.from({length: 12}, async () => ask(url, {method: 'POST', headers}))
  await until(async () => (await waiting(db)).length === 10)

  t.is((await order()).status, 201)
  t.deepEqual(
    await waiting(db),
    Array.from({length: 10}, () => 'shop'),
  )
  await holder.rollback()
  const statuses = (await Promise.all(cancellations)).map(({status}) => status)
  t.deepEqual(statuses.toSorted(), [200, ...Array.from({length: 11}, () => 409)])
  t.deepEqual(warnings, [])
})

test('a list that takes too long is cut off', async (t) => {
  const {db, origin, failures} = await setUp(t)
  await db.raw(`
    alter table listings rename to all_listings;
    create view listings as select all_listings.* from all_listings, lateral (select pg_sleep(60)) as nap`)

  t.is((await ask(`${origin}/products/list/`)).status, 503)

  t.deepEqual(failures, [sqlState.queryCanceled])
})

test('a database that goes silent: an order gets an answer before the end of the grace period, and the server closes', async (t) => {
  const {order, network, close} = await setUp(t)
  t.is((await order()).status, 201)

  network.isSilent = true
  const unanswered = order()
  await until(async () => Promise.resolve(network.swallowed > 0))
  const began = performance.now()
  const closing = close(3000)

  const {status, body} = await unanswered
  t.is(status, 503)
  t.is((body as {code: string}).code, 'outcome_unknown')
  await closing
  t.true(performance.now() - began < 9000)
})

test('a database that goes silent while nothing is asked: the server closes all the same', async (t) => {
  const {origin, order, network, close} = await setUp(t)
  await Promise.all([order(), ask(`${origin}/products/list/`)])
  network.isSilent = true
  const began = performance.now()

  await close(60_000)

  t.true(performance.now() - began < 30_000)
})

test('a database that goes silent: requests get 503 with Retry-After in time, and 200 when it is back', async (t) => {
  const {origin, network} = await setUp(t)
  t.is((await ask(`${origin}/products/list/`)).status, 200)

  network.isSilent = true
  const began = performance.now()
  const {status, headers} = await ask(`${origin}/products/list/`)
  t.is(status, 503)
  t.is(headers.get('retry-after'), '5')
  t.true(performance.now() - began < 20_000)

  network.isSilent = false
  await t.notThrowsAsync(until(async () => (await ask(`${origin}/products/list/`)).status === 200))
})

test('a server removes holds that have expired', async (t) => {
  const {db, origin, headers, productId} = await setUp(t)
  await ask(`${origin}/basket/items/${productId}/`, {
    method: 'PUT',
    headers: {...headers, 'content-type': 'application/json'},
    body: JSON.stringify({quantity: 1}),
  })
  t.is(await db('stock_reservations').update({expires_at: db.raw('statement_timestamp()')}), 1)

  await t.notThrowsAsync(until(async () => (await db('stock_reservations')).length === 0))
})

test('a server lists the prices of the time that its database has, also if that is set back', async (t) => {
  const clocks: Awaited<ReturnType<typeof installClock>>[] = []
  const {db, origin, productId} = await setUp(t, async (db) => clocks.push(await installClock(db)))
  await db('product_prices').update({effective_from: '2026-01-01', amount: 100})
  await setPrice(db, {productId, currency: 'USD', amount: 200})
  await t.notThrowsAsync(until(async () => (await listedPrice(origin)) === '2.00'))

  await clocks[0]?.setBack('1 hour')

  await t.notThrowsAsync(until(async () => (await listedPrice(origin)) === '1.00'))
})

async function listedPrice(origin: string): Promise<string | undefined> {
  const {body} = await ask(`${origin}/products/list/`)
  return (body as {results: {price: string}[]}).results[0]?.price
}

/** The connection pools of the statements that wait for a lock, but for background work. */
async function waiting(db: Parameters<typeof query>[0]): Promise<string[]> {
  const rows = await query<{name: string}>(
    db,
    `select application_name as name from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query not like '%mark_listings%'`,
  )
  return rows.map(({name}) => name)
}

test('every session of a server limits statements, locks and idle transactions', async (t) => {
  const {url} = await createDatabase(t)
  const database = await openDatabase({kind: 'url', url}, {poolSize: 1, waitSeconds: 10})
  const pools: Knex[] = []
  const openPool: typeof database.openPool = (options) => {
    const pool = database.openPool(options)
    pools.push(pool)
    return pool
  }
  const payments = {...defaultPaymentSettings, mode: 'optional'} as const
  const {close} = await startServer({openPool}, pino({level: 'silent'}), {...settings, payments})
  t.teardown(async () => {
    await close(0)
    await database.close()
  })

  const limits: Record<string, string> = {}
  for (const pool of pools) {
    const [row] = await query<{name: string; limits: string}>(
      pool,
      `select current_setting('application_name') as name,
              concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
                        current_setting('idle_in_transaction_session_timeout')) as limits`,
    )
    if (row) limits[row.name] = row.limits
  }

  t.deepEqual(limits, {
    shop: '10s 5s 10s',
    'shop checkout': '10s 300ms 10s',
    'shop logins': '10s 5s 10s',
    'shop readiness': '2s 1s 2s',
    'shop reads': '5s 1s 5s',
    'test provider': '10s 5s 10s',
  })
})

/**
 * Locks a table, ends the first session of a pool that waits for the lock as the server does to all when it is stopped
 * (57P01), and lets go at once, before any other has waited too long.
 */
async function lockUntilOneIsEnded(db: Knex, table: string, pool: string): Promise<void> {
  await db.raw(`
    do $$ begin
      lock table ${table};
      while not exists (
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and application_name = '${pool}'
          and query not like '%mark_listings%'
      ) loop
        perform pg_sleep(0.005), pg_stat_clear_snapshot();
      end loop;
    end $$`)
}

async function isLocked(db: Knex, table: string): Promise<boolean> {
  const locks = await query(
    db,
    `select from pg_locks where relation = ?::regclass and mode = 'AccessExclusiveLock' and granted`,
    [table],
  )
  return locks.length > 0
}

const settings: Parameters<typeof startServer>[2] = {
  checkout: {lanes: 2, batchSize: 100, limit: 2000},
  currency: 'USD',
  holds: defaultHoldSettings,
  payments: defaultPaymentSettings,
  replicas: undefined,
  poolSize: 10,
  readPoolSize: 5,
  orderItems: 100,
  hosts: [],
  basePath: '',
  corsOrigins: [],
  maxConnections: 1000,
  tokenDays: 30,
  loginLimits: defaultLoginLimits,
  trustProxy: 'loopback',
  host: '127.0.0.1',
  port: 0,
}

/** A server whose database is behind a network that can go silent. */
async function setUp(t: ExecutionContext, prepare: (db: Knex) => Promise<unknown> = async () => Promise.resolve()) {
  const {db, url} = await createDatabase(t)
  await prepare(db)
  const token = await addToken(db, await addUser(db))
  const productId = await addProduct(db, {stock: 1000})
  const network = {isSilent: false, swallowed: 0}
  const proxied = await startProxy(t, url, () => false, {
    forwards() {
      if (network.isSilent) network.swallowed++
      return !network.isSilent
    },
  })
  const database = await openDatabase({kind: 'url', url: proxied}, {poolSize: 1, waitSeconds: 10})
  const failures: string[] = []
  const log = pino({
    level: 'error',
    hooks: {
      logMethod([entry]) {
        const {err, reason_code: code} = entry as {err?: Error; reason_code?: string}
        failures.push(...[code ?? err?.message].filter((text) => text !== undefined))
      },
    },
  })
  const {url: origin, close} = await startServer(database, log, settings)
  t.teardown(async () => {
    network.isSilent = false
    await close(0)
    await database.close()
  })
  const headers = {authorization: `Token ${token}`}
  const order = async () =>
    ask(`${origin}/orders/create/`, {
      method: 'PUT',
      headers: {...headers, 'content-type': 'application/json'},
      body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
    })
  return {db, origin, headers, productId, order, network, failures, close}
}
