import test from 'ava'
import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {accountKey} from '../../src/services/accounts/login-tries.ts'
import {createTokenLookup} from '../../src/services/accounts/tokens.ts'
import {placeBatch} from '../../src/services/checkout/place-batch.ts'
import {refundOrder} from '../../src/services/payments/operators/refund-and-capture.ts'
import {adjustStock} from '../../src/services/stock/adjust.ts'
import {audit} from '../../src/services/audit.ts'
import {change, checkout, codeOf, decideJobs, setItem} from '../helpers/baskets.ts'
import {createDatabase} from '../helpers/database.ts'
import {createPaidShop, paymentEnv} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addToken, addUser, usdOrder} from '../helpers/shop.ts'

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
