import test from 'ava'

import {advisoryLock} from '../../src/db/locks.ts'
import {query} from '../../src/db/query.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {initial} from '../helpers/migrations.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'

test('migrate applies and names pending migrations; a second run has nothing to do', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  const env = {DATABASE_URL: url}

  const first = await runShop(['migrate'], {env})
  const second = await runShop(['migrate'], {env})
  const third = await runShop(['migrate', '--json'], {env})

  t.is(first.exitCode, 0)
  t.true(first.stdout.includes(`Applied ${initial}\n`))
  t.deepEqual(second, {exitCode: 0, stdout: 'Nothing to do: all migrations are applied.\n', stderr: ''})
  t.deepEqual(JSON.parse(third.stdout), {applied: []})
  t.true(await db.schema.hasTable('orders'))
})

test('migrate status shows pending and applied migrations and changes nothing', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  const env = {DATABASE_URL: url}

  const before = await runShop(['migrate', 'status', '--json'], {env})
  const tables = await query(db, `select from pg_tables where schemaname = 'public'`)
  await runShop(['migrate'], {env})
  const after = await runShop(['migrate', 'status', '--json'], {env})
  const table = await runShop(['migrate', 'status'], {env})

  t.is(JSON.parse(before.stdout).pending[0], initial)
  t.deepEqual(JSON.parse(before.stdout).applied, [])
  t.is(tables.length, 0)
  t.deepEqual(JSON.parse(after.stdout).pending, [])
  t.is(JSON.parse(after.stdout).applied[0].name, initial)
  t.regex(table.stdout, new RegExp(`${initial} +│ \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d │`))
  t.regex(table.stderr, /All migrations are applied/)
})

test('an unreachable database is reported without a stack', async (t) => {
  const run = await runShop(['migrate'], {env: {DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop'}})

  t.is(run.exitCode, 1)
  t.is(run.stdout, '')
  t.regex(run.stderr, /^Error: The database did not answer within 0 seconds: .*ECONNREFUSED/)
  t.notRegex(run.stderr, /\n\s+at /)
})

test('with --json, an unreachable database is an error object', async (t) => {
  const run = await runShop(['migrate', '--json'], {env: {DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop'}})

  t.is(run.exitCode, 1)
  t.is(run.stderr, '')
  t.is(JSON.parse(run.stdout).error.code, 'database_unavailable')
})

test('migrations that are all applied are found without writing, and without a lock', async (t) => {
  const {db, url} = await createDatabase(t)
  await db.raw('alter database ?? set default_transaction_read_only = on', [new URL(url).pathname.slice(1)])

  const run = await db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [advisoryLock.migrations])
    return runShop(['migrate'], {env: {DATABASE_URL: url}})
  })

  t.deepEqual(run, {exitCode: 0, stdout: 'Nothing to do: all migrations are applied.\n', stderr: ''})
})

test('an invalid environment variable is named', async (t) => {
  const run = await runShop(['migrate'], {env: {DATABASE_URL: 'mysql://shop'}})

  t.is(run.exitCode, 1)
  t.regex(run.stderr, /DATABASE_URL/)
})

test('migrate and serve warn about a database whose locale knows only the letters of ASCII', async (t) => {
  const {url} = await createEmptyDatabase(t, `locale_provider libc locale 'C'`)
  const env = {DATABASE_URL: url}

  const migrated = await runShop(['migrate'], {env})
  const again = await runShop(['migrate', '--json'], {env})
  const listed = await runShop(['list-products'], {env})
  const shop = spawnServe(t, env)
  await shop.url

  const warning =
    /\bWarning: The locale of the database \(LC_CTYPE\) is C, so searches .* create database NAME encoding 'UTF8'/
  t.is(migrated.exitCode, 0)
  t.regex(migrated.stderr, warning)
  t.deepEqual(JSON.parse(again.stdout), {applied: []})
  t.regex(again.stderr, warning)
  t.regex(shop.stderr(), warning)
  t.is(shop.stderr().match(/LC_CTYPE/g)?.length, 1)
  t.is(listed.stderr, 'No products.\n')
})

test('the command that the warning about the locale proposes makes a database without the fault', async (t) => {
  const options = `encoding 'UTF8' locale_provider icu icu_locale 'und' locale 'C'`
  const {db, url} = await createEmptyDatabase(t, options)

  const migrated = await runShop(['migrate'], {env: {DATABASE_URL: url}})

  t.is(migrated.stderr, '')
  t.deepEqual(await query(db, `select fold_name('ÉЖ Ω') as folded`), [{folded: 'eж ω'}])
})

test('a database of another encoding is refused by migrate and serve, and stays empty', async (t) => {
  const {db, url} = await createEmptyDatabase(t, `encoding 'LATIN1' locale_provider libc locale 'C'`)
  const message = 'Error: The database has the encoding LATIN1, and the shop needs UTF8.'

  const migrated = await runShop(['migrate'], {env: {DATABASE_URL: url}})
  const shop = spawnServe(t, {DATABASE_URL: url})

  t.is(migrated.exitCode, 1)
  t.true(migrated.stderr.startsWith(message))
  t.is(await shop.exitCode, 1)
  t.true(shop.stderr().startsWith(message))
  t.deepEqual(await query(db, `select from pg_tables where schemaname = 'public'`), [])
})
