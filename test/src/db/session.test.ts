import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {hasSqlState, isConnectionError} from '../../../src/db/errors.ts'
import {migrateToLatest} from '../../../src/db/migrate.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {query} from '../../../src/db/query.ts'
import {listProducts} from '../../../src/services/catalogue/list.ts'
import {createDatabase, createEmptyDatabase} from '../../helpers/database.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {addProduct} from '../../helpers/shop.ts'
import {until} from '../../helpers/until.ts'

const readNow = prepare('read_now', 'select now() as now, current_setting(?) as setting')

/** A connection pool for a database whose sessions start with other settings. */
async function connectWith(t: ExecutionContext, settings: Record<string, string>) {
  const {db, url} = await createDatabase(t)
  const name = new URL(url).pathname.slice(1)
  for (const [setting, value] of Object.entries(settings)) {
    await db.raw(`alter database ?? set ${setting} = ${value}`, [name])
  }
  const pool = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => pool.destroy())
  return pool
}

for (const [setting, value, expected] of [
  ['datestyle', "'German, DMY'", 'ISO, MDY'],
  ['timezone', "'Asia/Kolkata'", 'UTC'],
  ['intervalstyle', 'iso_8601', 'postgres'],
  ['client_encoding', 'latin1', 'UTF8'],
  ['bytea_output', 'escape', 'hex'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['standard_conforming_strings', 'off', 'on'],
  ['statement_timeout', '5000', '0'],
  ['lock_timeout', '5000', '0'],
  ['idle_session_timeout', '5000', '0'],
  ['transaction_timeout', '5000', '0'],
  ['synchronous_commit', 'off', 'on'],
  ['idle_in_transaction_session_timeout', '0', '1min'],
] as const) {
  test(`a database with ${setting} = ${value} does not change what a session depends on`, async (t) => {
    const pool = await connectWith(t, {[setting]: value})

    const [row] = await queryPrepared<{now: string; setting: string}>(pool, readNow, [setting])

    t.is(row?.setting, expected)
    t.regex(row?.now ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })
}

test('a setting of a database that waits for a standby is kept', async (t) => {
  const pool = await connectWith(t, {synchronous_commit: 'remote_write'})

  t.deepEqual(await query(pool, `select current_setting('synchronous_commit') as value`), [{value: 'remote_write'}])
})

test('a database whose extensions are in a schema outside the search path is migrated and searched', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  await db.raw('create schema tools; create extension unaccent schema tools; create extension pg_trgm schema tools')
  const pool = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => pool.destroy())

  await migrateToLatest(pool)
  await addProduct(pool, {name: 'Éclair'})

  const {results} = await listProducts(pool, {page: 1, pageSize: 20, currency: 'USD', search: 'eclair'})
  t.deepEqual(
    results.map(({name}) => name),
    ['Éclair'],
  )
})

test('with an empty search path, the schema of the extensions is searched', async (t) => {
  const {url} = await createDatabase(t)
  const pool = connect(() => ({connectionString: `${url}&options=-csearch_path%3D`}), {poolSize: 1})
  t.teardown(async () => pool.destroy())

  t.deepEqual(await query(pool, `select current_setting('search_path') as path`), [{path: 'public'}])
})

test('a row that cannot be read fails its statement, and the connection stays usable', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  const tooLarge = prepare('too_large', 'select 9007199254740993::bigint as value')

  await t.throwsAsync(queryPrepared(db, tooLarge, []), {message: /9007199254740993/})
  await t.throwsAsync(query(db, 'select 9007199254740993::bigint'), {message: /9007199254740993/})
  t.deepEqual(await query(db, `select 'infinity'::timestamptz as end, '-infinity'::timestamptz as start`), [
    {end: 'infinity', start: '-infinity'},
  ])
})

test('a server that stops answering loses its connection, and the query fails in time', async (t) => {
  const {url} = await createDatabase(t)
  let isSilent = false
  const silent = await startProxy(t, url, () => false, {forwards: () => !isSilent})
  const pool = connect(() => ({connectionString: silent}), {poolSize: 1, statementMs: 500})
  t.teardown(async () => pool.destroy())
  await pool.raw('select 1')

  isSilent = true
  const error = await t.throwsAsync(pool.raw('select 1'))
  t.true(isConnectionError(error))

  isSilent = false
  await t.notThrowsAsync(pool.raw('select 1'))
})

test('a connection that waits for its next query is kept, however long that takes', async (t) => {
  const {url} = await createDatabase(t)
  const pool = connect(() => ({connectionString: url}), {poolSize: 1, statementMs: 2000})
  t.teardown(async () => pool.destroy())
  const findSession = async () => query(pool, 'select pg_backend_pid() as pid')
  const before = await findSession()

  // Longer than a statement may take, with the grace for its answer.
  await delay(8000)

  t.deepEqual(await findSession(), before)
})

const spoils = [
  {title: 'has lost its prepared statements', sql: 'deallocate all'},
  {title: 'has the plan of a table that was migrated', sql: 'alter table stock_pools add note text'},
]
for (const {title, sql} of spoils) {
  test(`a connection that ${title} is not lent again`, async (t) => {
    const {url} = await createDatabase(t)
    const pool = connect(() => ({connectionString: url}), {poolSize: 1})
    t.teardown(async () => pool.destroy())
    const read = async () => queryPrepared(pool, prepare('read_pools', 'select * from stock_pools'), [])
    await read()
    await pool.raw(sql)

    await t.throwsAsync(read())

    t.is((await read()).length, 1)
  })
}
test('a client that falls silent keeps the locks of a transaction no longer than a statement may take', async (t) => {
  const {db, url} = await createDatabase(t)
  const pool = connect(() => ({connectionString: url}), {poolSize: 1, statementMs: 300})
  t.teardown(async () => pool.destroy())
  const lock = "set local lock_timeout = '30s'; select from stock_pools where name = 'default' for update"

  const silence = pool.transaction(async (silent) => {
    await silent.raw(lock)
    await db.transaction(async (other) => other.raw(lock))
  })

  const error = await t.throwsAsync(silence)
  t.true(isConnectionError(error), `${error}`)
})

test('a connection whose session cannot be set up is closed', async (t) => {
  const {db, url} = await createDatabase(t)
  const name = randomUUID()
  // The server refuses the limit.
  const pool = connect(() => ({connectionString: url}), {poolSize: 2, statementMs: -1, name})
  t.teardown(async () => pool.destroy())

  for (let times = 0; times < 3; times++) {
    await t.throwsAsync(
      pool.raw('select 1').then(() => undefined),
      {message: /valid range/},
    )
  }

  const leftOpen = async () => query(db, 'select state from pg_stat_activity where application_name = ?', [name])
  await until(async () => (await leftOpen()).length === 0)
  t.deepEqual(await leftOpen(), [])
})

test('Knex asks a new connection nothing, since it would leave it open after a failure', async (t) => {
  const {url} = await createDatabase(t)
  const sent: string[] = []
  const proxied = await startProxy(t, url, (message) => sent.push(message) === 0)
  const pool = connect(() => ({connectionString: proxied}), {poolSize: 1})
  t.teardown(async () => pool.destroy())

  await pool.raw('select 1')

  t.notRegex(sent.join('\n'), /version\(\)/)
})

test('a signal may end more connections than Node expects to listen to it', async (t) => {
  const {url} = await createDatabase(t)
  const warnings: Error[] = []
  const onWarning = (warning: Error): number => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const pool = connect(() => ({connectionString: url}), {poolSize: 12, signal: new AbortController().signal})
  t.teardown(async () => pool.destroy())

  await Promise.all(Array.from({length: 12}, async () => query(pool, 'select pg_sleep(0.1)')))

  t.deepEqual(
    warnings.filter(({name}) => name === 'MaxListenersExceededWarning'),
    [],
  )
})

test('a read-only connection is not lent again', async (t) => {
  const {db, url} = await createDatabase(t)
  const pool = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => pool.destroy())
  await pool.raw('set default_transaction_read_only = on')
  const insert = () => pool('stock_pools').insert({name: 'east'})

  const error = await t.throwsAsync(async () => insert())
  t.true(hasSqlState(error, 'readOnlySqlTransaction'))
  await insert()

  t.deepEqual(await db('stock_pools').pluck('name'), ['default', 'east'])
})

test('an aborted signal ends all connections, whatever they are doing', async (t) => {
  const {url} = await createDatabase(t)
  const ending = new AbortController()
  const pool = connect(() => ({connectionString: url}), {poolSize: 2, signal: ending.signal})
  t.teardown(async () => pool.destroy())
  const sleeping = pool.raw('select pg_sleep(60)').then(() => undefined)
  await pool.raw('select 1')

  ending.abort()

  const broken = await t.throwsAsync(sleeping)
  t.true(isConnectionError(broken))
  const refused = await t.throwsAsync(pool.raw('select 1').then(() => undefined))
  t.true(isConnectionError(refused))
})
