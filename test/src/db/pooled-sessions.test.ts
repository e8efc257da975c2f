import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'
import pg from 'pg'

import {connect} from '../../../src/db/connect.ts'
import {type Database, openDatabase} from '../../../src/db/open.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {runPipelined} from '../../../src/db/pipeline/run-pipelined.ts'
import {query} from '../../../src/db/query.ts'
import {whileServing} from '../../../src/db/serving.ts'
import {audit} from '../../../src/services/audit.ts'
import {CheckoutQueue, checkoutSession} from '../../../src/services/checkout/queue.ts'
import {placeBatch} from '../../../src/services/checkout/place-batch.ts'
import {countServers} from '../../../src/services/shop/status.ts'
import {createDatabase} from '../../helpers/database.ts'
import {pgbouncerBinary, startPgbouncer} from '../../helpers/pgbouncer.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {runShop} from '../../helpers/run.ts'
import {spawnServe} from '../../helpers/serve.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../helpers/shop.ts'

const withPgbouncer = pgbouncerBinary === undefined ? test.skip : test

if (pgbouncerBinary === undefined)
  process.stderr.write('SKIPPED: test/src/db/pooled-sessions.test.ts needs pgbouncer, which is not installed.\n')

async function openPooled(t: ExecutionContext, url: string, poolSize: number): Promise<Database & {url: string}> {
  const pooled = await startPgbouncer(t, url, {mode: 'transaction', poolSize})
  const database = await openDatabase({kind: 'url', url: pooled}, {poolSize: 4, waitSeconds: 5, prepared: false})
  t.teardown(async () => database.close())
  return {...database, url: pooled}
}

/** What another program may leave in a session of a pooler, and what the shop needs instead. */
const settings = {
  DateStyle: ['German, DMY', 'ISO, MDY'],
  TimeZone: ['Asia/Kolkata', 'UTC'],
  IntervalStyle: ['iso_8601', 'postgres'],
  bytea_output: ['escape', 'hex'],
  standard_conforming_strings: ['off', 'on'],
  transaction_isolation: ['serializable', 'read committed'],
  client_min_messages: ['error', 'notice'],
  statement_timeout: ['1h', '9s'],
  lock_timeout: ['1h', '8s'],
  idle_in_transaction_session_timeout: ['1h', '9s'],
  synchronous_commit: ['off', 'on'],
  search_path: ['pg_temp', '"$user", public, public'],
} as const

const nameOfSession = (name: string): string =>
  name === 'transaction_isolation' ? 'default_transaction_isolation' : name

const readSettings = `select jsonb_build_object(${Object.keys(settings)
  .map((name) => `'${name}', current_setting('${name}')`)
  .join(', ')}) as settings`

type Row = {settings: Record<string, string>}

async function readPrepared(pool: Knex): Promise<Row[]> {
  return queryPrepared<Row>(pool, prepare('read_settings', readSettings), [])
}

async function readInPipeline(pool: Knex): Promise<Row[]> {
  return runPipelined(pool, {lockMs: 8000}, async (trx) => trx.send<Row>(prepare('read_settings', readSettings)))
}

withPgbouncer(
  'each transaction has the settings of the shop, and leaves the session of others as it was',
  async (t) => {
    const {url} = await createDatabase(t)
    const {openPool, url: pooled} = await openPooled(t, url, 1)
    const pool = openPool({poolSize: 1, statementMs: 9000, lockMs: 8000})
    const other = new pg.Client(pooled)
    other.on('error', () => undefined)
    await other.connect()
    t.teardown(async () => other.end())
    for (const [name, [value]] of Object.entries(settings)) {
      await other.query('select set_config($1, $2, false)', [nameOfSession(name), value])
    }
    const ofOthers = async () => (await other.query<Row>(readSettings)).rows[0]?.settings
    const before = await ofOthers()

    // A statement that commits itself has no use for an isolation level, and cannot change it.
    const alone = {transaction_isolation: settings.transaction_isolation[0]}
    const needed = Object.fromEntries(Object.entries(settings).map(([name, [, value]]) => [name, value]))
    const bound = `${readSettings} where ?::int = 1`
    const ways: [string, object, () => Promise<Row[]>][] = [
      ['a statement', alone, async () => query<Row>(pool, readSettings)],
      ['a statement with values', alone, async () => query<Row>(pool, bound, [1])],
      ['a prepared statement', alone, async () => readPrepared(pool)],
      ['a transaction', {}, async () => pool.transaction(async (trx) => query<Row>(trx, bound, [1]))],
      ['a pipeline', {}, async () => readInPipeline(pool)],
      [
        'a snapshot',
        {transaction_isolation: 'repeatable read'},
        async () =>
          pool.transaction(async (trx) => query<Row>(trx, readSettings), {
            isolationLevel: 'repeatable read',
            readOnly: true,
          }),
      ],
    ]
    for (const [way, exceptions, run] of ways) {
      t.deepEqual((await run())[0]?.settings, {...needed, ...exceptions}, way)
      t.deepEqual(await ofOthers(), before, way)
    }
  },
)

withPgbouncer('a failed statement fails alone, and its transaction is rolled back', async (t) => {
  const {url} = await createDatabase(t)
  const {db} = await openPooled(t, url, 1)

  await t.throwsAsync(query(db, 'select 1 / 0'), {message: /division by zero/})
  await t.throwsAsync(query(db, 'select 1 / ?::int', [0]), {message: /division by zero/})
  await t.throwsAsync(
    db.transaction(async (trx) => query(trx, 'select wrong')),
    {message: /wrong/},
  )
  await t.throwsAsync(readPreparedWrong(db), {message: /wrong/})
  t.deepEqual(await query(db, 'select 1 as one'), [{one: 1}])
})

async function readPreparedWrong(db: Knex): Promise<unknown> {
  return queryPrepared(db, prepare('wrong', 'select wrong'), [])
}

withPgbouncer('a snapshot begins with the first query, and not with the settings', async (t) => {
  const {db, url} = await createDatabase(t)
  const {db: through} = await openPooled(t, url, 2)

  const found = await through.transaction(
    async (trx) => {
      await addUser(db)
      // Takes no snapshot either, as a backup relies on.
      await query(trx, 'lock table users in access share mode')
      return query(trx, 'select from users')
    },
    {isolationLevel: 'repeatable read', readOnly: true},
  )

  t.is(found.length, 1)
})

withPgbouncer('workers and several statements at once work, too', async (t) => {
  const {db, url} = await createDatabase(t)
  const {db: through, url: pooled} = await openPooled(t, url, 5)

  await query(through, 'create table one (id int); insert into one values (1)')
  t.deepEqual(await query(db, 'select id from one'), [{id: 1}])
  const served = spawnServe(t, {DATABASE_URL: pooled, SHOP_PREPARED: 'off'}, ['--workers', '2', '--port', '0'])
  t.like(await fetch(`${await served.url}/products/list/`), {status: 200})
})

withPgbouncer('an order still costs one round trip', async (t) => {
  const {db, url} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db, {stock: 100})]
  let roundTrips = 0
  let isAnswered = true
  const note = (): false => {
    if (isAnswered) roundTrips++
    isAnswered = false
    return false
  }
  const proxied = await startProxy(t, url, note, {onAnswer: () => (isAnswered = true)})
  const pool = connect(() => ({connectionString: proxied}), {...checkoutSession, poolSize: 1, prepared: false})
  t.teardown(async () => pool.destroy())
  await query(pool, 'select 1')

  for (const orders of [1, 1, 2]) {
    roundTrips = 0
    await placeBatch(
      pool,
      Array.from({length: orders}, () => usdOrder(userId, [{productId, quantity: 1}])),
      {lockMs: 300},
    )
    t.is(roundTrips, orders)
  }
  roundTrips = 0
  await query(pool, 'select ?::int as one', [1])
  await readPrepared(pool)
  t.is(roundTrips, 2)
})

withPgbouncer('with two sessions for all, orders race for the last items, and a server is seen', async (t) => {
  const {db, url} = await createDatabase(t)
  const [userId, rare, crossed] = [
    await addUser(db),
    await addProduct(db, {stock: 20}),
    await addProduct(db, {stock: 99}),
  ]
  const {openPool, db: through, url: pooled} = await openPooled(t, url, 2)
  const servers = [0, 1].map(
    () => new CheckoutQueue(openPool({...checkoutSession, poolSize: 2}), {lanes: 2, batchSize: 5, limit: 1000}),
  )
  const env = {DATABASE_URL: pooled, SHOP_PREPARED: 'off'}

  await whileServing(openPool({poolSize: 1, name: 'shop serve'}), async () => {
    const places = Array.from({length: 60}, async (_, index) => {
      const products = index % 2 ? [rare, crossed] : [crossed, rare]
      const items = products.map((productId) => ({productId, quantity: 1}))
      return servers[index % 2]?.place(usdOrder(userId, items))
    })
    const placed = (await Promise.allSettled(places)).filter(({status}) => status === 'fulfilled')
    t.is(placed.length, 20)
    t.is(await countServers(through), 1)
    const {exitCode, stderr} = await runShop(['migrate', 'rollback', '--yes'], {env})
    t.is(exitCode, 1)
    t.regex(stderr, /serve/)
  })

  t.deepEqual([await stockOf(db, rare), await stockOf(db, crossed)], [0, 79])
  t.deepEqual((await audit(through)).findings, [])
  t.is(await countServers(through), 0)
  t.like(await runShop(['doctor'], {env}), {exitCode: 0})
})
