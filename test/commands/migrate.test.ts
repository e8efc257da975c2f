import test from 'ava'
import type {Knex} from 'knex'

import {advisoryLock} from '../../src/db/locks.ts'
import {migrationSource} from '../../src/db/migrate.ts'
import {query} from '../../src/db/query.ts'
import {planRollback, rollBack} from '../../src/db/roll-back.ts'
import {accountKey} from '../../src/services/accounts/login-tries.ts'
import {createTokenLookup} from '../../src/services/accounts/tokens.ts'
import {placeBatch} from '../../src/services/checkout/place-batch.ts'
import {refundOrder} from '../../src/services/payments/operators/refund-and-capture.ts'
import {adjustStock} from '../../src/services/stock/adjust.ts'
import {audit} from '../../src/services/audit.ts'
import {change, checkout, codeOf, decideJobs, setItem} from '../helpers/baskets.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser, usdOrder} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

const initial = '20261123000000_initial'
const migrationCount = (await migrationSource.getMigrations([])).length

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

test('the migration of baskets goes down and up again on a shop with holds, and frees them', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 5})
  const items = [{productId, quantity: 3}]
  await decideJobs(db, [setItem(ben, productId, 1), checkout(ben, {idempotencyKey: 'order'})])
  await decideJobs(db, [change(anna, {kind: 'add', items}), setItem(ben, productId, 1)])
  await db('products').update({max_per_order: 4})
  t.deepEqual(await levels(db), [{on_hand: 4, reserved: 4}])
  t.is((await db('idempotency_keys')).length, 2)

  await rollBackThrough('20261126200000_baskets', env)

  t.deepEqual(await levels(db), [{on_hand: 4, reserved: 0}])
  t.deepEqual(await db('idempotency_keys').pluck('key'), ['order'])
  for (const table of ['baskets', 'basket_lines', 'stock_reservations']) t.false(await db.schema.hasTable(table))
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'before'}))

  t.is((await runShop(['migrate'], {env})).exitCode, 0)

  t.deepEqual(await db('products').pluck('max_per_order'), [null])
  t.deepEqual((await audit(db)).findings, [])
  const {stdout} = await runShop(['list-products', '--json'], {env})
  t.like(JSON.parse(stdout).results[0], {quantity_in_stock: 2})
  t.is(codeOf((await decideJobs(db, [change(anna, {kind: 'add', items: [{productId, quantity: 2}]})]))[0]), 'changed')
  t.deepEqual(await levels(db), [{on_hand: 2, reserved: 2}])
})

test('the version before baskets sells no stock that is held, and its orders are in order', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 5})
  await decideJobs(db, [setItem(anna, productId, 3)])

  t.false(await placeAsBeforeBaskets(db, {userId: ben, productId, quantity: 3, key: 'a'}))
  t.true(await placeAsBeforeBaskets(db, {userId: ben, productId, quantity: 2, key: 'b'}))
  await t.throwsAsync(query(db, 'update stock_levels set on_hand = on_hand - 1'), {message: /stock_levels_\w*check/})

  t.deepEqual(await levels(db), [{on_hand: 3, reserved: 3}])
  t.is(codeOf((await decideJobs(db, [checkout(anna)]))[0]), 'placed')
  t.deepEqual((await audit(db)).findings, [])
})

test('the migration of payments goes down and up again on a shop with payments, and keeps their orders', async (t) => {
  const {db, url, anna, productId, charge, order, pay, books} = await createPaidShop(t)
  const env = paymentEnv(url)
  await pay(await order('ok'))
  await pay(await order('declined'))
  await decideJobs(db, [setItem(anna, productId, 1)])
  const [outcome] = await decideJobs(db, [checkout(anna, {charge: await charge('requires_action')})])
  t.is(codeOf(outcome), 'placed')
  await pay(3)
  t.deepEqual(await db('baskets').pluck('status'), ['paying'])

  await rollBackThrough('20261127000000_payments', env)

  for (const table of ['payments', 'payment_attempts', 'payment_methods', 'refunds', 'payment_events']) {
    t.false(await db.schema.hasTable(table))
  }
  t.deepEqual(await db('orders').orderBy('id').pluck('status'), ['placed', 'cancelled', 'placed'])
  t.deepEqual(await db('baskets').select('status', 'order_id'), [{status: 'ordered', order_id: 3}])
  await t.throwsAsync(db('baskets').update({status: 'open'}), {message: /baskets_order_check/})
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 1, key: 'before'}))

  t.is((await runShop(['migrate'], {env})).exitCode, 0)

  t.deepEqual(await db('orders').distinct().pluck('payment_status'), ['none'])
  t.deepEqual((await audit(db)).findings, [])
  const {stdout} = await runShop(['reconcile-payments', '--json'], {env})
  t.deepEqual(
    (JSON.parse(stdout) as {differences: {kind: string}[]}).differences.map(({kind}) => kind),
    ['only_theirs', 'only_theirs'],
  )
  await pay(await order('ok'))
  t.deepEqual(await books(), {captured: 4000, refunded: 0, count: 4})
})

test('the bounds of payments go down and up again, settle what was due for ever, and check all orders', async (t) => {
  const {db, url, order, pay} = await createPaidShop(t)
  const env = paymentEnv(url)
  await pay(await order('declined'))
  await pay(await order('processing_then_captured'))
  await rollBackThrough('20261128100000_bound_payments', env)
  await db('payments').update({next_try_at: db.raw(`now() - interval '1 day'`)})
  await db.raw(`
    alter table orders drop constraint orders_payment_status_check;
    alter table orders add constraint orders_payment_status_check check (payment_status <> '') not valid`)

  t.is((await runShop(['migrate'], {env})).exitCode, 0)

  const due = await db('payments').whereNotNull('next_try_at').pluck('state')
  t.deepEqual(due, ['processing'])
  const checks = await query(
    db,
    `select from pg_constraint where conname = 'orders_payment_status_check' and not convalidated`,
  )
  t.deepEqual(checks, [])
  t.deepEqual((await audit(db)).findings, [])
})

test('the version before payments places orders on the new schema, and they are in order', async (t) => {
  const {db, productId, anna} = await createPaidShop(t)

  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'a'}))

  t.deepEqual(await db('orders').pluck('payment_status'), ['none'])
  t.deepEqual((await audit(db)).findings, [])
})

test('the indexes of the lists go and come, or were created beforehand, on a shop with orders', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const productId = await addProduct(db)
  t.true(await placeAsBeforeBaskets(db, {userId: await addUser(db), productId, quantity: 1, key: 'a'}))
  const indexes = async () =>
    query(
      db,
      `select indexdef from pg_indexes
       where tablename in ('orders', 'order_lines', 'stock_movements')
       order by indexname`,
    )
  const before = await indexes()

  await rollBackThrough('20261128200000_operator_lists', env)
  t.is((await indexes()).length, before.length - 3)
  t.is((await runShop(['list-orders'], {env})).exitCode, 1)
  await db.raw('create index concurrently orders_created_idx on orders (created_at, id)')

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  t.deepEqual(await indexes(), before)
  t.regex((await runShop(['list-orders'], {env})).stdout, /│ placed │/)
})

test('the migration of operators goes down and up again on a shop with movements', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]
  await adjustStock(db, {productId, pool: 'default', change: {by: 2}}, {name: 'anna', note: 'counted'})
  await db('stock_movements').insert(
    [-1, 1].map((delta) => ({product_id: productId, pool_id: 1, delta, reason: 'move'})),
  )
  await db('user_changes').insert({user_id: anna, change: 'created', operator: 'ben'})

  await rollBackThrough('20261128000000_operators', env)

  const reasons = await db('stock_movements').orderBy('id').pluck('reason')
  t.deepEqual(reasons, ['load', 'adjust', 'adjust', 'adjust'])
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'before'}))
  await t.throwsAsync(db('stock_movements').delete(), {message: /append-only/})

  t.is((await runShop(['migrate'], {env})).exitCode, 0)

  t.deepEqual((await audit(db)).findings, [])
  t.deepEqual(await db('stock_movements').distinct().pluck('operator'), [null])
})

test('the migration of login limits goes down and up again, and keeps what operators did', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const anna = await addUser(db, 'anna')
  await db('login_addresses').insert({user_id: anna, address: '192.0.2.1', last_login_at: db.fn.now()})
  await db('login_tries').insert({key: accountKey('anna'), points: 3, expire: Date.parse('2100-01-01')})
  t.is((await runShop(['unlock-user', 'anna'], {env})).exitCode, 0)
  const insert = async (change: string) => db('user_changes').insert({user_id: anna, change, operator: 'ben'})

  await rollBackThrough('20261129000000_login_limits', env)
  await insert('activated')
  await t.throwsAsync(insert('logins unlocked'), {message: /user_changes_change_check/})

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  await insert('logins unlocked')
  await t.throwsAsync(insert('other'), {message: /user_changes_change_check/})
  const changes = await db('user_changes').orderBy('id').pluck('change')
  t.deepEqual(changes, ['logins unlocked', 'activated', 'logins unlocked'])
  t.deepEqual(await db('login_tries'), [])
})

test('the migration of recent writes goes down and up again on a shop whose users wrote, and notes what they write then', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, ben] = [await addUser(db, 'anna'), await addUser(db, 'ben')]
  const productId = await addProduct(db, {stock: 5})
  const order = async (...userIds: number[]) => {
    const orders = userIds.map((userId) => usdOrder(userId, [{productId, quantity: 1}]))
    return placeBatch(db, orders, {lockMs: 5000, notesWrites: true})
  }
  const token = await addToken(db, anna)
  const countWrites = async () => (await createTokenLookup(db, {withWrites: true})(token))?.recentWrites?.length
  await order(anna, ben)
  t.is(await countWrites(), 1)

  await rollBackThrough('20261130000000_recent_writes', env)
  t.false(await db.schema.hasTable('recent_writes'))
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 1, key: 'before'}))

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  t.is(await countWrites(), 0)
  await order(anna)
  t.deepEqual(await db('recent_writes').pluck('user_id'), [anna])
  t.is(await countWrites(), 1)
  t.deepEqual((await audit(db)).findings, [])
})

test('the migration of refunds goes down and up again, and keeps them', async (t) => {
  const {db, url, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  await refundOrder(db, gateway, {orderId: id, amount: 500}, signal, {name: 'ben', note: 'arrived broken'})
  const read = async () => db('refunds').select('amount', 'state', 'operator', 'note')
  t.deepEqual(await read(), [{amount: 500, state: 'succeeded', operator: 'ben', note: 'arrived broken'}])

  await rollBackThrough('20261201000000_refund_operators', {DATABASE_URL: url})
  t.is((await runShop(['migrate'], {env: {DATABASE_URL: url}})).exitCode, 0)

  t.deepEqual(await read(), [{amount: 500, state: 'succeeded', operator: null, note: null}])
  t.deepEqual((await audit(db)).findings, [])
})

test('the migration of the parents of baskets goes down and up again on a shop with baskets', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, ben, productId] = [await addUser(db), await addUser(db), await addProduct(db, {stock: 5})]
  await decideJobs(db, [setItem(anna, productId, 1), setItem(ben, productId, 2)])
  await decideJobs(db, [checkout(anna)])
  const read = async () => db('baskets').select('user_id', 'status', 'order_id').orderBy('id')
  const baskets = await read()
  const insert = async (basket: object) => db('baskets').insert({user_id: anna, currency: 'USD', ...basket})
  const insertOrdered = async () => insert({status: 'ordered', order_id: 1})

  await rollBackThrough('20261202000000_basket_parents', env)
  await t.throwsAsync(insert({user_id: 99}), {message: /baskets_user_id_fkey/})
  await t.throwsAsync(insert({status: 'ordered', order_id: 99}), {message: /baskets_order_id_fkey/})
  await t.throwsAsync(insertOrdered(), {message: /baskets_order_id_key/})

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  await t.throwsAsync(insertOrdered(), {message: /baskets_order_id_key/})
  t.deepEqual(await read(), baskets)
  const [placed] = await decideJobs(db, [checkout(ben)])
  t.is(codeOf(placed), 'placed')
  t.deepEqual((await audit(db)).findings, [])
})

test('the migration of audits goes down and up again, and the next audit has to be a full one', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]
  t.is((await runShop(['audit'], {env})).exitCode, 0)
  t.is((await runShop(['audit', '--since', 'last'], {env})).exitCode, 0)

  await rollBackThrough('20261130200000_audit_points', env)
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'before'}))

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  const {exitCode, stderr} = await runShop(['audit', '--since', 'last'], {env})
  t.is(exitCode, 1)
  t.regex(stderr, /No clean audit of this shop is recorded yet\./)
  t.is((await runShop(['audit'], {env})).exitCode, 0)
  t.is((await runShop(['audit', '--since', 'last'], {env})).exitCode, 0)
})

test('the migration of product names goes down and up again, and the ledger is append-only throughout', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]
  const isAppendOnly = async () => {
    await t.throwsAsync(db('stock_movements').delete(), {message: /append-only/})
    await t.throwsAsync(db('stock_movements').update({delta: 1}), {message: /append-only/})
  }
  await isAppendOnly()

  await rollBackThrough('20261128100000_product_names', env)
  await isAppendOnly()
  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'before'}))

  t.is((await runShop(['migrate'], {env})).exitCode, 0)
  await isAppendOnly()
  t.deepEqual((await audit(db)).findings, [])
})

test('the version before operators places orders and adjusts stock on the new schema', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, productId] = [await addUser(db), await addProduct(db, {stock: 5})]

  t.true(await placeAsBeforeBaskets(db, {userId: anna, productId, quantity: 2, key: 'a'}))
  await db('stock_movements').insert({product_id: productId, pool_id: 1, delta: 3, reason: 'adjust'})
  await db('stock_levels').increment('on_hand', 3)

  t.deepEqual((await audit(db)).findings, [])
})

async function levels(db: Knex): Promise<unknown[]> {
  return db('stock_levels').select('on_hand', 'reserved')
}

/** Places an order with the statements of the last version that knew no baskets. False if it was out of stock. */
async function placeAsBeforeBaskets(
  db: Knex,
  {userId, productId, quantity, key}: {userId: number; productId: number; quantity: number; key: string},
): Promise<boolean> {
  return db.transaction(async (trx) => {
    const [level] = await query<{pool_id: number}>(
      trx,
      `select product_id, pool_id, on_hand, reserved
       from stock_levels
       where product_id = ? and on_hand - reserved >= ?
       order by pool_id
       limit 1
       for update skip locked`,
      [productId, quantity],
    )
    if (!level) return false
    await query(
      trx,
      `with new as (
         select ?::bigint as user_id, ?::bigint as product_id, ?::bigint as pool_id, ?::bigint as quantity, ?::text as key
       ),
       placed as (
         insert into orders (request_id, user_id, currency, total, created_at)
         select gen_random_uuid(), user_id, 'USD', 1000 * quantity, statement_timestamp() from new
         returning id, created_at
       ),
       lines as (
         insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
         select placed.id, 1, product_id, 'Rice', 1000, quantity from new cross join placed
       ),
       movements as (
         insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at)
         select product_id, pool_id, -quantity, 'order', placed.id, placed.created_at from new cross join placed
       ),
       keys as (
         insert into idempotency_keys (user_id, key, fingerprint, order_id)
         select user_id, key, 'f', placed.id from new cross join placed
       )
       update stock_levels
       set on_hand = on_hand - new.quantity
       from new
       where stock_levels.product_id = new.product_id and stock_levels.pool_id = new.pool_id`,
      [userId, productId, level.pool_id, quantity, key],
    )
    return true
  })
}

/** Rolls migrations back, one by one, up to and including the given one. */
async function rollBackThrough(name: string, env: {DATABASE_URL: string}): Promise<void> {
  for (;;) {
    const {stdout} = await runShop(['migrate', 'rollback', '--yes', '--json'], {env})
    const {rolled_back: done} = JSON.parse(stdout) as {rolled_back: string[]}
    if (done.length === 0) throw new Error(`${name} was not applied.`)
    if (done.includes(name)) return
  }
}

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

const newer = '20270101000000_future'
const newerText = `This database was migrated by a newer version of the shop (${newer}). Use that version.`

test('a database of a newer version is refused by all commands, and shown by migrate status', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})
  const env = {DATABASE_URL: url}

  for (const args of [['migrate'], ['migrate', 'rollback', '--yes'], ['list-products'], ['dump-fixture']]) {
    const run = await runShop(args, {env})
    t.deepEqual(run, {exitCode: 1, stdout: '', stderr: `Error: ${newerText}\n`}, `${args.join(' ')} refuses`)
  }
  t.is(JSON.parse((await runShop(['audit', '--json'], {env})).stdout).error.code, 'schema_newer')

  const status = await runShop(['migrate', 'status'], {env})
  t.regex(status.stdout, new RegExp(`${newer} +│ 2027-01-01 00:00:00 │ unknown │`))
  t.is(status.stderr, `${newerText}\n`)
  const {applied, unknown} = JSON.parse((await runShop(['migrate', 'status', '--json'], {env})).stdout)
  t.is(applied.length, migrationCount)
  t.deepEqual(unknown, [{name: newer, migrated_at: '2027-01-01T00:00:00.000000Z'}])
})

test('serve refuses a database of a newer version, and says how to go back to this one', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})

  const shop = spawnServe(t, {DATABASE_URL: url})

  t.is(await shop.exitCode, 1)
  t.true(shop.stderr().includes(`Error: ${newerText}\n`))
  t.regex(shop.stderr(), /SHOP_NEWER_SCHEMA=serve/)
})

test('with SHOP_NEWER_SCHEMA=serve, it starts on a database of a newer version, and takes orders', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db)
  const token = await addToken(db, await addUser(db))
  await db('knex_migrations').insert({name: newer, batch: 4, migration_time: '2027-01-01T00:00:00Z'})

  const shop = spawnServe(t, {DATABASE_URL: url, SHOP_NEWER_SCHEMA: 'serve'})
  const answer = await fetch(`${await shop.url}/orders/create/`, {
    method: 'PUT',
    headers: {authorization: `Token ${token}`, 'content-type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  })

  t.is(answer.status, 201)
  t.true(shop.stderr().includes(`Warning: ${newerText}`))
})

test('serve refuses a newer database that lacks a migration of this version', async (t) => {
  const {db, url} = await createDatabase(t)
  await db.raw('update knex_migrations set name = ? where id = (select max(id) from knex_migrations)', [newer])

  const shop = spawnServe(t, {DATABASE_URL: url})

  t.is(await shop.exitCode, 1)
  t.true(shop.stderr().includes(`Error: ${newerText}`))
})

const outdated =
  'Error: The database lacks tables or columns that this version of the shop needs.\nTo bring it up to date, run: shop migrate\n'

const empty =
  'Error: This shop is empty: its database has no tables yet.\n' +
  'To create them, run: shop migrate. To try the shop with some products, run: shop serve --demo\n'

for (const args of [
  ['list-products'],
  ['list-products', '--search', 'tea'],
  ['create-user', '--random'],
  ['place-order', '--user', 'a', '--item', '1'],
  ['dump-fixture'],
  ['load-fixture', '-'],
  ['audit'],
]) {
  test(`${args.join(' ')} on a database without tables says what to run`, async (t) => {
    const {url} = await createEmptyDatabase(t)

    const run = await runShop(args, {env: {DATABASE_URL: url}, input: 'this is no fixture'})

    t.deepEqual(run, {exitCode: 1, stdout: '', stderr: empty})
  })
}

test('a command on a database that lacks the last migration says what to run', async (t) => {
  const {url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await runShop(['migrate', 'rollback', '--yes'], {env})

  t.deepEqual(await runShop(['list-products'], {env}), {exitCode: 1, stdout: '', stderr: outdated})
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
