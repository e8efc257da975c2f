import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../src/services/audit.ts'
import {startBackgroundWork} from '../../../../src/services/background.ts'
import {sweep} from '../../../../src/services/baskets/sweeper.ts'
import {query} from '../../../../src/db/query.ts'
import {basketOf, checkout, codeOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, stockOf} from '../../../helpers/shop.ts'
import {until} from '../../../helpers/until.ts'

async function setUp(t: ExecutionContext, {stock = 10} = {}) {
  const {db, url} = await createDatabase(t, {poolSize: 16})
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock})
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  return {db, url, anna, ben, productId}
}

async function reservedOf(db: Knex): Promise<number> {
  const [row] = await db('stock_levels').sum<{sum: string}[]>('reserved as sum')
  return Number(row?.sum)
}

test('a sweep ends the holds that have expired, and no others', async (t) => {
  const {db, anna, ben, productId} = await setUp(t)
  const annas = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  await decideJobs(db, [setItem(ben, productId, 3)])
  await expireHolds(db, annas?.id)

  t.is(await sweep(db), 1)
  t.is(await sweep(db), 0)

  t.is(await reservedOf(db), 3)
  t.is(codeOf((await decideJobs(db, [checkout(anna)]))[0]), 'placed')
  t.is(await stockOf(db, productId), 8)
})

test('a basket whose expired hold was removed, and whose stock was taken, is refused and keeps its lines', async (t) => {
  const {db, anna, ben, productId} = await setUp(t, {stock: 2})
  const annas = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  await expireHolds(db, annas?.id)
  await sweep(db)
  await decideJobs(db, [setItem(ben, productId, 2)])

  const [refused] = await decideJobs(db, [checkout(anna)])

  t.like(refused, {error: {code: 'out_of_stock', shortages: [{productId, requested: 2, available: 0}]}})
  t.is((await db('basket_lines').where({basket_id: annas?.id})).length, 1)
})

test('many sweeps, checkouts and extensions at once subtract nothing twice', async (t) => {
  const {db, productId} = await setUp(t, {stock: 1000})
  const users = await Promise.all(Array.from({length: 30}, async () => addUser(db)))
  await Promise.all(users.map(async (user) => decideJobs(db, [setItem(user, productId, 2)])))
  await db('stock_reservations').update({expires_at: db.raw('statement_timestamp()')})

  await Promise.all([
    ...Array.from({length: 4}, async () => sweep(db)),
    ...users.slice(0, 10).map(async (user) => decideJobs(db, [checkout(user)])),
    ...users.slice(10, 20).map(async (user) => decideJobs(db, [setItem(user, productId, 3)])),
  ])
  await sweep(db)

  t.is(await reservedOf(db), 10 * 3)
  t.is(await stockOf(db, productId), 1000 - 10 * 2)
})

test('a sweep leaves levels that are locked, and waits for nobody', async (t) => {
  const {db, anna, ben, productId} = await setUp(t)
  const other = await addProduct(db, {stock: 5})
  for (const [user, product] of [
    [anna, productId],
    [ben, other],
  ] as const) {
    await expireHolds(db, basketOf((await decideJobs(db, [setItem(user, product, 1)]))[0])?.id)
  }

  await db.transaction(async (trx) => {
    await trx('stock_levels').where({product_id: productId}).forUpdate()
    t.is(await sweep(db), 1)
  })
  t.is(await sweep(db), 1)
})

test('a sweep that is killed halfway changes nothing, and the next one finishes', async (t) => {
  const {db, anna, productId} = await setUp(t)
  await expireHolds(db, basketOf((await decideJobs(db, [setItem(anna, productId, 4)]))[0])?.id)
  await query(
    db,
    `create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
     create trigger wait before update on stock_levels for each row execute function wait()`,
  )

  const killed = t.throwsAsync(sweep(db))
  await until(async () => {
    const killable = await query<{ended: boolean}>(
      db,
      `select pg_terminate_backend(pid) as ended from pg_stat_activity
       where datname = current_database() and wait_event = 'PgSleep'`,
    )
    return killable.length > 0
  })
  await killed
  await query(db, 'drop function wait cascade')

  t.is(await reservedOf(db), 4)
  t.is(await sweep(db), 1)
  t.is(await reservedOf(db), 0)
})

test('a server sweeps soon, survives a failure, and stops', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const errors: string[] = []
  await db.raw('alter table stock_reservations rename to away')
  const sweeper = startBackgroundWork([{run: async () => sweep(db), failure: 'Not swept.'}], {
    error: (_fields, message) => errors.push(message),
  })
  t.teardown(async () => sweeper.stop())
  await until(async () => Promise.resolve(errors.length > 0))
  await db.raw('alter table away rename to stock_reservations')
  await expireHolds(db, basketOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0])?.id)

  await until(async () => (await reservedOf(db)) === 0)
  await sweeper.stop()
  t.deepEqual([...new Set(errors)], ['Not swept.'])
})

test('a thousand holds are free again in one sweep', async (t) => {
  const {db, productId} = await setUp(t, {stock: 5000})
  await query(
    db,
    `with buyer as (insert into users (username, password_hash) select 'b' || n, '!' from generate_series(1, 1000) as n returning id),
          basket as (insert into baskets (user_id, currency) select id, 'USD' from buyer returning id),
          line as (
            insert into basket_lines (basket_id, product_id, quantity, seen_price)
            select id, ?, 2, 1000 from basket
            returning basket_id
          ),
          hold as (
            insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
            select basket_id, ?, 1, 2, now() - interval '5 minutes', now() from line
          )
     update stock_levels set reserved = 2000 where product_id = ?`,
    [productId, productId, productId],
  )

  t.is(await sweep(db), 1000)
  t.is(await reservedOf(db), 0)
})
