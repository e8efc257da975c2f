import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {Backup, Restore} from '../helpers/cli-json/shop.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {bin, runShop, shopEnvironment} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  return folder
}

test('a backup that only its owner can read is restored into an empty database, with an audit', async (t) => {
  const source = await createDatabase(t)
  await addUser(source.db, 'anna')
  await addProduct(source.db)
  const target = await createEmptyDatabase(t)
  const file = join(await createFolder(t), 'shop.backup')
  const env = {DATABASE_URL: source.url}

  const made = await runShop(['backup', file], {env})
  t.deepEqual([made.exitCode, made.stderr], [0, ''])
  t.regex(made.stdout, /^Backed up 1 user, 1 product and 0 orders to \S+\. It has hashes of passwords and tokens;/)
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is((await runShop(['backup', file], {env})).exitCode, 2)
  const {file: name, rows} = Backup.parse(
    JSON.parse((await runShop(['backup', file, '--force', '--json'], {env})).stdout),
  )
  t.is(name, file)
  t.like(rows, {users: 1, stock_levels: 1, orders: 0})

  const restored = await runShop(['restore', file], {env: {DATABASE_URL: target.url}})
  t.deepEqual([restored.exitCode, restored.stderr], [0, ''])
  t.regex(
    restored.stdout,
    /^Restored 1 user, 1 product and 0 orders, as they were at .* UTC\.\nAll \d+ invariants hold\.\n$/,
  )
  t.is((await target.db('users')).length, 1)

  const again = await runShop(['restore', file, '--json'], {env: {DATABASE_URL: target.url}})
  t.is(again.exitCode, 1)
  t.like(JSON.parse(again.stdout), {error: {code: 'database_not_empty'}})
})

test('restore tells what the audit finds, and keeps what the backup has', async (t) => {
  const source = await createDatabase(t)
  const productId = await addProduct(source.db, {stock: 3})
  await source.db('stock_levels').where({product_id: productId}).update({on_hand: 4})
  const target = await createEmptyDatabase(t)
  const file = join(await createFolder(t), 'shop.backup')
  await runShop(['backup', file], {env: {DATABASE_URL: source.url}})

  const {exitCode, stdout} = await runShop(['restore', file, '--json'], {env: {DATABASE_URL: target.url}})

  t.is(exitCode, 1)
  t.like(Restore.parse(JSON.parse(stdout)).audit.findings[0], {invariant: 'stock_equals_ledger', count: 1})
  t.like(await target.db('stock_levels').first(), {on_hand: 4})
})

test('a file that cannot be read or written is wrong usage, and one that is no backup is refused', async (t) => {
  const {url} = await createEmptyDatabase(t)
  const env = {DATABASE_URL: url}
  const folder = await createFolder(t)
  await writeFile(join(folder, 'text'), 'name,price\n')

  for (const file of [join(folder, 'missing'), folder]) {
    const {exitCode, stderr} = await runShop(['restore', file], {env})
    t.is(exitCode, 2)
    t.regex(stderr, /There is no file|it is a folder/)
  }
  const refused = await runShop(['restore', join(folder, 'text')], {env})
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /Nothing was restored\.\nRestore another backup/)
  t.is((await runShop(['backup', '-', '--json'], {env})).exitCode, 2)
  t.regex((await runShop(['backup', join(folder, 'x')], {env})).stderr, /This shop is empty/)
  t.deepEqual(await readdir(folder), ['text'])
})

/** More than the buffers on the way hold. */
async function addManyRows(db: Knex): Promise<void> {
  await db.raw(`insert into payment_events (provider, event_id, type)
    select 'test', gen_random_uuid()::text, md5(n::text) from generate_series(1, 200000) as n`)
}

async function isCopying(db: Knex): Promise<boolean> {
  const active = await query(
    db,
    `select from pg_stat_activity where datname = current_database() and query ilike 'copy %' and state = 'active'`,
  )
  return active.length > 0
}

/** Waits until a COPY has sent what the buffers on the way hold, and goes no further. */
async function untilStuck(db: Knex): Promise<void> {
  let [last, repeats] = [0, 0]
  await until(async () => {
    const [copy] = await query<{bytes: number}>(
      db,
      'select bytes_processed as bytes from pg_stat_progress_copy where datname = current_database()',
    )
    repeats = copy && copy.bytes > 0 && copy.bytes === last ? repeats + 1 : 0
    last = copy?.bytes ?? 0
    return repeats === 20
  })
}

test('a backup that is stopped in the middle leaves no file, and a full disk is told', async (t) => {
  const {db, url} = await createDatabase(t)
  await addManyRows(db)
  const child = spawn(process.execPath, [bin, 'backup', '-'], {env: shopEnvironment({DATABASE_URL: url})})
  await until(async () => isCopying(db))
  child.kill('SIGINT')
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>])
  t.deepEqual({code, stderr}, {code: 130, stderr: 'Stopped.\n'})

  if (process.platform !== 'linux') return
  const full = await runShop(['backup', '/dev/full'], {env: {DATABASE_URL: url}})
  t.deepEqual([full.exitCode, full.stderr], [1, 'Error: Cannot write the file "/dev/full": the disk is full.\n'])
})

test('a backup that nobody reads any more ends when it is stopped', async (t) => {
  const {db, url} = await createDatabase(t)
  await addManyRows(db)
  const child = spawn(process.execPath, [bin, 'backup', '-'], {env: shopEnvironment({DATABASE_URL: url})})
  t.teardown(() => child.kill('SIGKILL'))
  await untilStuck(db)

  child.kill('SIGINT')

  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>])
  t.deepEqual({code, stderr}, {code: 130, stderr: 'Stopped.\n'})
})

test('a restore that is stopped or killed in the middle leaves an empty database', async (t) => {
  const source = await createDatabase(t)
  await addManyRows(source.db)
  const {db, url} = await createEmptyDatabase(t)
  const file = join(await createFolder(t), 'shop.backup')
  await runShop(['backup', file], {env: {DATABASE_URL: source.url}})
  const bytes = await readFile(file)

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const child = spawn(process.execPath, [bin, 'restore', '-'], {env: shopEnvironment({DATABASE_URL: url})})
    child.stdin.on('error', () => undefined)
    child.stdin.write(bytes.subarray(0, Math.floor(bytes.length * 0.8)))
    await until(async () => isCopying(db))
    child.kill(signal)
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>])

    t.deepEqual(
      {code, stderr},
      signal === 'SIGINT' ? {code: 130, stderr: 'Stopped. Nothing was restored.\n'} : {code: null, stderr: ''},
    )
    await until(async () => !(await isCopying(db)))
    t.false(await db.schema.hasTable('users'))
  }

  t.is((await runShop(['restore', file], {env: {DATABASE_URL: url}})).exitCode, 0)
  t.is((await db('payment_events')).length, 200_000)
})
