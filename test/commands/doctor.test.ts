import test from 'ava'

import {checkFileLimit, checkNode, checkSpace} from '../../src/cli/check-machine.ts'
import {defaultHoldSettings} from '../../src/hold-settings.ts'
import {whileServing} from '../../src/db/serving.ts'
import {connect} from '../../src/db/connect.ts'
import type {Check} from '../../src/services/shop/check.ts'
import {checkDatabase} from '../../src/services/shop/check-database.ts'
import {checkLocks} from '../../src/services/shop/check-locks.ts'
import {connectedPrograms} from '../../src/services/shop/status.ts'
import {Doctor, Status} from '../helpers/cli-json/shop.ts'
import {cancelPaidOrder} from '../../src/services/payments/operations.ts'
import {refundOrder} from '../../src/services/payments/operators/refund-and-capture.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

const clock = (): number => performance.timeOrigin + performance.now()
const settings = {holds: defaultHoldSettings, clock}

function levelOf(checks: Check[], name: string): string | undefined {
  return checks.find((check) => check.name === name)?.level
}

test('status tells the database, the schema, what is in it, and who is connected', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db)
  await addProduct(db)
  const pool = connect(() => ({connectionString: url}), {poolSize: 1, name: 'shop serve'})
  const env = {DATABASE_URL: url}

  const run = await whileServing(pool, async () => runShop(['status', '--json'], {env}))
  await pool.destroy()
  const status = Status.parse(JSON.parse(run.stdout))
  const shown = await runShop(['status'], {env})

  t.like(status, {users: {count: 1, is_estimate: false}, orders: {count: 0}, servers: 1, schema: {state: 'current'}})
  t.deepEqual(
    status.programs.map(({name}) => name),
    ['shop', 'shop serve'],
  )
  t.regex(shown.stdout, /^Database: {2}PostgreSQL \S+ at \S+, database test_\w+, role \S+, \S+ MB\n/)
  t.regex(
    shown.stdout,
    /\nUsers: {5}1\nProducts: {2}1\nOrders: {4}0\nServing: {3}no shop serve\nConnected: shop \(1\)\n$/,
  )
})

test('doctor warns of a setting whose name is misspelled', async (t) => {
  const {url} = await createDatabase(t)

  const {exitCode, stdout} = await runShop(['doctor'], {env: {DATABASE_URL: url, SHOP_PAYMNET: 'required'}})

  t.is(exitCode, 0)
  t.regex(
    stdout,
    /^warning +settings +SHOP_PAYMNET is not a setting of the shop\.\n +If it should be one: it is called SHOP_PAYMENT\.$/m,
  )
})

test('status names the sessions of other roles, also for a role that may not read statistics', async (t) => {
  const {db, url} = await createDatabase(t)
  const role = `api_${new URL(url).pathname.slice(-8)}`
  await db.raw(`create role ${role} login`)
  const as = new URL(url)
  as.username = role
  const asRole = connect(() => ({connectionString: as.href}), {poolSize: 1})
  t.teardown(async () => {
    await asRole.destroy()
    await db.raw(`drop role ${role}`)
  })
  const {rows} = await db.raw<{rows: {role: string}[]}>('select current_user as role')

  t.deepEqual(await connectedPrograms(asRole), [{role: rows[0]?.role ?? '', name: 'shop', connections: 1}])
  const {stdout} = await runShop(['status'], {env: {DATABASE_URL: url}})
  t.regex(stdout, new RegExp(`\\nConnected: shop \\(1\\); as ${role}: \\S+ \\(1\\)\\n$`))
})

test('status works with any schema, and estimates large tables', async (t) => {
  const empty = await createEmptyDatabase(t)
  const fresh = await runShop(['status', '--json'], {env: {DATABASE_URL: empty.url}})
  t.like(Status.parse(JSON.parse(fresh.stdout)), {schema: {state: 'empty'}, orders: null, servers: 0})

  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await db.raw("insert into users (username, password_hash) select n, '!' from generate_series(1, 150000) as n")
  await db.raw('analyze users')
  await db('knex_migrations').insert({name: '20990101000000_future', batch: 99, migration_time: new Date()})
  const {users, schema} = Status.parse(JSON.parse((await runShop(['status', '--json'], {env})).stdout))
  t.deepEqual(users, {count: 150_000, is_estimate: true})
  t.like(schema, {state: 'newer', last_migration: '20990101000000_future'})
  t.regex((await runShop(['status'], {env})).stdout, /of a newer version .*\nUsers: {5}about 150,000\n/)
})

test('doctor finds a healthy shop good, and exits with 1 if a check is bad', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db)
  const env = {DATABASE_URL: url}

  const healthy = await runShop(['doctor', '--json'], {env})
  const {bad, checks} = Doctor.parse(JSON.parse(healthy.stdout))
  t.deepEqual([healthy.exitCode, bad], [0, 0])
  t.deepEqual(
    checks.map(({name}) => name),
    'node files database schema locale clock connections rights locks audit listings holds payments servers'.split(' '),
  )

  await db('stock_levels').update({reserved: 1})
  const sick = await runShop(['doctor'], {env})
  t.is(sick.exitCode, 1)
  t.regex(sick.stdout, /^bad {6}audit {8}Violated: .*\(1\)\.\n {22}Run `shop audit`/m)
  t.regex(sick.stdout, /\n1 bad, .*good\.\n$/)
})

test('doctor names the transaction that keeps stock locked', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db)
  const other = connect(() => ({connectionString: url}), {poolSize: 1, name: 'forgotten'})
  t.teardown(async () => other.destroy())

  await other.transaction(async (trx) => {
    const {rows} = await trx.raw<{rows: {pid: number}[]}>('select pg_backend_pid() as pid from stock_levels for update')
    const {level, says} = await checkLocks(db)
    t.is(level, 'warning')
    t.regex(says, new RegExp(` PID ${rows[0]?.pid ?? 0} \\(forgotten, role \\S+\\)\\.$`))
  })
  t.is((await checkLocks(db)).level, 'good')
})

test('doctor says what is wrong with a database that is away, empty or unfinished', async (t) => {
  const away = await runShop(['doctor', '--json'], {env: {DATABASE_URL: 'postgres://127.0.0.1:1/shop'}})
  t.is(away.exitCode, 1)
  t.is(levelOf(Doctor.parse(JSON.parse(away.stdout)).checks, 'database'), 'bad')

  const {url} = await createEmptyDatabase(t)
  const empty = await runShop(['doctor', '--json'], {env: {DATABASE_URL: url}})
  const schema = Doctor.parse(JSON.parse(empty.stdout)).checks.find(({name}) => name === 'schema')
  t.like(schema, {level: 'bad', advice: 'Run: shop migrate, or npm start'})
})

test('doctor warns of a wrong clock, expired holds, payments, missing rights and a read-only database', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db)
  const userId = await addUser(db)
  await db.raw(`insert into baskets (user_id, currency) values (${userId}, 'USD')`)
  await db.raw(`insert into basket_lines (basket_id, product_id, quantity, seen_price) values (1, ${productId}, 1, 1)`)
  await db.raw(
    `insert into stock_reservations values (1, ${productId}, 1, 1, now() - interval '1 hour', now() - interval '50 minutes')`,
  )
  await db('stock_levels').update({reserved: 1})

  const early = await checkDatabase(db, {...settings, clock: () => clock() - 60_000})
  t.is(levelOf(early, 'clock'), 'warning')
  t.regex(early.find(({name}) => name === 'clock')?.says ?? '', /differ by (59|60) seconds/)
  const late = await checkDatabase(db, {...settings, clock: () => clock() + 60_000})
  t.deepEqual([levelOf(late, 'clock'), levelOf(late, 'holds'), levelOf(late, 'audit')], ['warning', 'warning', 'good'])
  t.is(late.find(({name}) => name === 'holds')?.says, '1 hold has been expired for longer than a minute.')

  const role = `reader_${new URL(url).pathname.slice(-8)}`
  await db.raw(`create role ${role} login; grant select on all tables in schema public to ${role}`)
  t.teardown(async () => {
    await db.raw(`drop owned by ${role}; drop role ${role}`)
  })
  const asRole = connect(() => ({connectionString: url}), {poolSize: 1})
  await asRole.raw(`set session authorization ${role}; set default_transaction_read_only = on`)
  const limited = await checkDatabase(asRole, settings)
  await asRole.destroy()
  t.deepEqual([levelOf(limited, 'rights'), levelOf(limited, 'database')], ['bad', 'bad'])
})

test('doctor warns of cancelled orders whose money stayed, and of refunds that failed until they are repeated', async (t) => {
  const {db, url, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const ids = [await order('refund_fails'), await order('refund_fails'), await order('wrong_amount')]
  for (const id of ids) await pay(id)
  const check = async () => (await checkDatabase(db, settings)).find(({name}) => name === 'payments')
  t.is((await check())?.says, '1 payment is a mismatch.')

  await refundOrder(db, gateway, {orderId: 1, amount: 500}, signal)
  t.is((await check())?.says, '1 payment is a mismatch.\nThe last refund of order 1 failed.')
  for (const id of ids.slice(0, 2)) await cancelPaidOrder(db, gateway, {id})
  t.is((await check())?.says, '1 payment is a mismatch.')
  await workLater('0 seconds')
  t.deepEqual(await check(), {
    name: 'payments',
    level: 'warning',
    says: '1 payment is a mismatch.\nThe money of 2 cancelled orders was not refunded, and no refund is on its way.',
    advice: 'Run `shop reconcile-payments`, and see docs/payments.md.',
  })
  const listed = await runShop(['reconcile-payments'], {env: paymentEnv(url)})
  t.regex(listed.stdout, /\nFound 3 differences\. /)

  await db('test_provider.methods').update({outcome: 'ok'})
  for (const orderId of [1, 2]) await refundOrder(db, gateway, {orderId}, signal)
  t.is((await check())?.says, '1 payment is a mismatch.')
})

test('doctor knows the versions of Node, the limit of files and the space that are enough', (t) => {
  const levels = (checks: Check[]): string[] => checks.map(({level}) => level)
  t.deepEqual(levels(['v20.19.0', 'v22.1.0', 'v20.18.3', 'v18.20.0'].map(checkNode)), ['good', 'good', 'bad', 'bad'])
  t.deepEqual(levels([Infinity, 1024, 256].map(checkFileLimit)), ['good', 'good', 'warning'])
  t.deepEqual(levels([5e9, 5e8, 1e6].map((free) => checkSpace(free, '/data'))), ['good', 'warning', 'bad'])
})
