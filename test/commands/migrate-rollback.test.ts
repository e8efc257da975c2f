import test from 'ava'
import type {Knex} from 'knex'

import {advisoryLock} from '../../src/db/locks.ts'
import {query} from '../../src/db/query.ts'
import {planRollback, rollBack} from '../../src/db/roll-back.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {initial, migrationCount} from '../helpers/migrations.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addUser} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

test('each migration is a batch of its own, and migrate rollback undoes the last one', async (t) => {
  const {db, url} = await createEmptyDatabase(t)
  const env = {DATABASE_URL: url}
  await runShop(['migrate'], {env})
  const applied = await appliedMigrations(db)
  const batches = applied.map(({batch}) => batch)

  const first = await runShop(['migrate', 'rollback', '--yes', '--json'], {env})
  const left = await appliedMigrations(db)

  t.deepEqual(
    batches,
    applied.map((_, index) => index + 1),
  )
  t.deepEqual(JSON.parse(first.stdout).rolled_back, [applied.at(-1)?.name])
  t.deepEqual(left, applied.slice(0, -1))
  t.true(await db.schema.hasTable('orders'))
})

test('of migrations that an earlier version applied in one batch, migrate rollback undoes only the last one', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('knex_migrations').update({batch: 1})
  const names = (await appliedMigrations(db)).map(({name}) => name)

  const run = await runShop(['migrate', 'rollback', '-y'], {env: {DATABASE_URL: url}})

  t.is(run.stdout, `Rolled back ${names.at(-1) ?? ''}\n`)
  t.deepEqual(
    (await appliedMigrations(db)).map(({name}) => name),
    names.slice(0, -1),
  )
})

test('migrate rollback --dry-run counts what would be deleted, and changes nothing', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await addUser(db)
  await addUser(db)
  await rollBackToFirst(env)
  await db.raw(`insert into users (username, password_hash) values ('matt', '!')`)

  const json = await runShop(['migrate', 'rollback', '--dry-run', '--json'], {env})
  const text = await runShop(['migrate', 'rollback', '--dry-run'], {env})

  const plan = JSON.parse(json.stdout)
  t.like(plan, {rolled_back: [], would_roll_back: [initial], database: new URL(url).pathname.slice(1)})
  const dropped = plan.dropped_tables as {table: string; rows: number}[]
  t.is(dropped.find(({table}) => table === 'users')?.rows, 3)
  t.is(dropped.length, 10)
  t.regex(text.stdout, /^Rolling back 20261123000000_initial in the database test_\w+ deletes for good:\n/)
  t.regex(text.stdout, /^ {2}table users: 3 rows$/m)
  t.is((await db('users')).length, 3)
})

test('migrate rollback counts the values of a dropped column', async (t) => {
  const {db} = await createDatabase(t)
  await db.raw('alter table users add column email text')
  await addUser(db)
  await db('users').update({email: 'a@b'})

  const down = async (trx: Knex): Promise<void> => {
    await trx.raw('alter table users drop email')
  }
  const plan = await planRollback(db, {getMigration: async () => Promise.resolve({up: down, down})})

  t.deepEqual(plan?.columns, [{table: 'users', column: 'email', rows: 1}])
  t.deepEqual(plan?.tables, [])
  t.true(await db.schema.hasColumn('users', 'email'))
})

test('a rollback that was planned is not done if another migration is the last one by now', async (t) => {
  const {db} = await createDatabase(t)

  await t.throwsAsync(rollBack(db, {migration: initial}), {message: /^The last migration is \w+ by now\. Nothing was/})

  t.is((await appliedMigrations(db)).length, migrationCount)
})

test('migrate rollback of the first migration deletes the tables; then it has nothing to do', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}

  await rollBackToFirst(env)
  const run = await runShop(['migrate', 'rollback', '--yes', '--json'], {env})
  const another = await runShop(['migrate', 'rollback', '-y'], {env})

  t.deepEqual(JSON.parse(run.stdout).rolled_back, [initial])
  t.false(await db.schema.hasTable('orders'))
  t.deepEqual(another, {exitCode: 0, stdout: 'Nothing to do: no migrations are applied.\n', stderr: ''})
})

test('migrate rollback refuses while a shop serves, also after its connections were lost, until it is killed', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const shop = spawnServe(t, env)
  await shop.url
  const rollBack = async () => runShop(['migrate', 'rollback', '--yes'], {env})

  const refused = await rollBack()
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /^Error: A shop serves this database\. Nothing was rolled back\.\n/)
  t.is(
    JSON.parse((await runShop(['migrate', 'rollback', '--dry-run', '--json'], {env})).stdout).error.code,
    'shop_serving',
  )

  const before = await servingSessions(db)
  await db.raw(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'shop serve'`)
  // A session that is told to end goes on for a moment.
  await until(async () => {
    const now = await servingSessions(db)
    return now.length === 1 && now[0] !== before[0]
  })
  t.is((await rollBack()).exitCode, 1)
  t.is((await appliedMigrations(db)).length, migrationCount)

  shop.child.kill('SIGKILL')
  await until(async () => (await servingSessions(db)).length === 0)
  t.is((await rollBack()).exitCode, 0)
})

test('migrate rollback without a terminal and without --yes is wrong usage and changes nothing', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['migrate', 'rollback'], {env: {DATABASE_URL: url}, input: 'y\n'})

  t.is(run.exitCode, 2)
  t.regex(run.stderr, /--yes/)
  t.true(await db.schema.hasTable('orders'))
})

/** Leaves only the migration that made the tables. */
async function rollBackToFirst(env: {DATABASE_URL: string}): Promise<void> {
  for (let count = 1; count < migrationCount; count++) await runShop(['migrate', 'rollback', '--yes'], {env})
}

/** The processes of the database that hold the serving lock. */
async function servingSessions(db: Knex): Promise<number[]> {
  const sql = `select pid from pg_locks where locktype = 'advisory' and objid = ? and granted
    and database = (select oid from pg_database where datname = current_database())`
  return (await query<{pid: number}>(db, sql, [advisoryLock.serving])).map(({pid}) => pid)
}

async function appliedMigrations(db: Knex): Promise<{name: string; batch: number}[]> {
  return db<{id: number; name: string; batch: number}>('knex_migrations').select('name', 'batch').orderBy('id')
}
