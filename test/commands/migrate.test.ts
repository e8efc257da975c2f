import test from 'ava'

import {query} from '../../src/db/query.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'

const initial = '20261123000000_initial'

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

test('migrate rollback drops the tables; a second run has nothing to do', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}

  const first = await runShop(['migrate', 'rollback', '--yes', '--json'], {env})
  const second = await runShop(['migrate', 'rollback', '-y'], {env})

  t.regex(first.stdout, new RegExp(`"rolled_back": [^]*"${initial}"`))
  t.false(await db.schema.hasTable('orders'))
  t.deepEqual(second, {exitCode: 0, stdout: 'Nothing to do: no migrations are applied.\n', stderr: ''})
})

test('migrate rollback without a terminal and without --yes is wrong usage and changes nothing', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['migrate', 'rollback'], {env: {DATABASE_URL: url}, input: 'y\n'})

  t.is(run.exitCode, 2)
  t.regex(run.stderr, /--yes/)
  t.true(await db.schema.hasTable('orders'))
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

for (const args of [['list-products'], ['create-user', '--random'], ['place-order', '--user', 'a', '--item', '1']]) {
  test(`${args.join(' ')} on a database without tables says what to run`, async (t) => {
    const {url} = await createEmptyDatabase(t)

    const run = await runShop(args, {env: {DATABASE_URL: url}})

    t.is(run.exitCode, 1)
    t.is(
      run.stderr,
      'Error: The database lacks tables or columns that this version of the shop needs.\nTo bring it up to date, run: shop migrate\n',
    )
  })
}

test('an invalid environment variable is named', async (t) => {
  const run = await runShop(['migrate'], {env: {DATABASE_URL: 'mysql://shop'}})

  t.is(run.exitCode, 1)
  t.regex(run.stderr, /DATABASE_URL/)
})
