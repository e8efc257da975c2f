import test from 'ava'
import type {Knex} from 'knex'

import {mostCounted, mostLines, readActivity, readRecentSales} from '../../../../src/services/shop/activity.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {basketOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, usdOrder} from '../../../helpers/shop.ts'

/** Orders of one line each, as many seconds ago as they have numbers, without what else belongs to an order. */
async function addOrders(db: Knex, {orders, products = 1}: {orders: number; products?: number}): Promise<void> {
  const userId = await addUser(db)
  await db.raw(
    `with placed as (
       insert into orders (user_id, currency, total, created_at)
       select ?::bigint, 'USD', 1, now() - n * interval '0.05 seconds' from generate_series(1, ?::bigint) as n
       returning id
     )
     insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
     select id, 1, 1 + id % ?::bigint, 'x', 1, 1 from placed`,
    [userId, orders, products],
  )
}

test('a shop without orders, holds and payments has none', async (t) => {
  const {db} = await createDatabase(t)

  const {readAt, ...activity} = await readActivity(db)
  const {since, ...sales} = await readRecentSales(db)

  t.deepEqual(activity, {
    ordersPerSecond: 0,
    holds: {lines: {count: 0, isCapped: false}, units: 0, endingSoon: 0, expired: 0},
    payments: {open: [], isCapped: false, overdue: 0},
  })
  t.deepEqual(sales, {orders: {count: 0, isCapped: false}, bestSellers: [], runningOut: [], soldOut: 0})
  t.true(Math.abs(Date.parse(readAt) - 3_600_000 - Date.parse(since)) < 60_000)
})

test('orders of the last ten seconds make the rate; imported ones and those of the future do not', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const order = {user_id: userId, currency: 'USD', total: 1}
  const at = (interval: string): Knex.Raw => db.raw('now() + ?::interval', [interval])
  await db('orders').insert([
    {...order, created_at: at('-1 second')},
    {...order, created_at: at('-2 seconds'), status: 'cancelled'},
    {...order, created_at: at('-1 minute')},
    {...order, created_at: at('1 minute')},
    {...order, created_at: at('-1 second'), is_imported: true},
  ])

  t.is((await readActivity(db)).ordersPerSecond, 0.2)
})

test('holds are counted by when they end', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 100})
  const hold = async (quantity: number): Promise<number | null | undefined> => {
    const [outcome] = await decideJobs(db, [setItem(await addUser(db), productId, quantity)])
    return basketOf(outcome)?.id
  }
  await hold(5)
  await expireHolds(db, await hold(3))
  await db('stock_reservations')
    .where({basket_id: await hold(2)})
    .update({expires_at: db.raw(`now() + interval '50 seconds'`)})

  const {holds} = await readActivity(db)

  t.deepEqual(holds, {lines: {count: 3, isCapped: false}, units: 10, endingSoon: 1, expired: 1})
})

test('open payments are counted by state, and those whose action was due', async (t) => {
  const {db} = await createDatabase(t)
  const userId = await addUser(db)
  const [method] = await db('payment_methods')
    .insert({user_id: userId, provider: 'test', provider_id: 'm', brand: 'visa'})
    .returning<{id: number}[]>('id')
  const addPayment = async (state: string, due: string | null = null): Promise<void> => {
    const [order] = await db('orders')
      .insert({user_id: userId, currency: 'USD', total: 1})
      .returning<{id: number}[]>('id')
    await db('payments').insert({
      ...{order_id: order?.id, provider: 'test', customer_id: 'c', method_id: method?.id, currency: 'USD', amount: 1},
      ...{capture: 'automatic', state, due_at: due === null ? null : db.raw('now() + ?::interval', [due])},
    })
  }
  for (const state of ['captured', 'declined', 'authorized', 'unknown', 'mismatch']) await addPayment(state)
  await addPayment('requires_action', '-1 second')
  await addPayment('requires_action', '1 minute')

  t.deepEqual((await readActivity(db)).payments, {
    open: [
      {state: 'mismatch', count: 1},
      {state: 'requires_action', count: 2},
      {state: 'unknown', count: 1},
    ],
    isCapped: false,
    overdue: 1,
  })
})

test('best sellers come with what is free, what is held, and when the rest sells', async (t) => {
  const {db} = await createDatabase(t)
  const [tea, rice, salt, old] = [
    await addProduct(db, {name: 'Tea', stock: 20}),
    await addProduct(db, {name: 'Rice', stock: 4}),
    await addProduct(db, {name: 'Salt', stock: 10_000}),
    await addProduct(db, {name: 'Old', stock: 10}),
  ]
  const userId = await addUser(db)
  const place = async (productId: number, quantity: number): Promise<number> =>
    (await placeOrder(db, usdOrder(userId, [{productId, quantity}]))).order.id
  await place(tea, 6)
  await place(tea, 4)
  await place(rice, 4)
  await place(salt, 1)
  await db('orders')
    .where({id: await place(old, 3)})
    .update({created_at: db.raw(`now() - interval '61 minutes'`)})
  await db('orders')
    .where({id: await place(salt, 50)})
    .update({status: 'cancelled'})
  await decideJobs(db, [setItem(userId, tea, 2)])

  const {bestSellers, runningOut, soldOut, orders} = await readRecentSales(db)

  t.deepEqual(bestSellers, [
    // 10 in five minutes, which is the least, and 8 left.
    {id: tea, name: 'Tea', units: 10, free: 8, held: 2, secondsLeft: 240},
    {id: rice, name: 'Rice', units: 4, free: 0, held: 0, secondsLeft: null},
    {id: salt, name: 'Salt', units: 1, free: 9949, held: 0, secondsLeft: 9949 * 300},
  ])
  t.deepEqual(
    runningOut.map(({id}) => id),
    [tea],
  )
  t.is(soldOut, 1)
  t.deepEqual(orders, {count: 4, isCapped: false})
})

test('a product sells at the rate since its first order of the hour', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 25})
  const {order} = await placeOrder(db, usdOrder(await addUser(db), [{productId, quantity: 5}]))
  await db('orders')
    .where({id: order.id})
    .update({created_at: db.raw(`now() - interval '10 minutes'`)})

  const [product] = (await readRecentSales(db)).bestSellers

  t.is(Math.round((product?.secondsLeft ?? 0) / 10), 240)
})

test('of more lines and holds than are counted, the latest lines and the first holds to end are', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db)
  await addProduct(db)
  await addOrders(db, {orders: mostLines + 500, products: 2})
  const [basket] = await db('baskets')
    .insert({user_id: await addUser(db), currency: 'USD'})
    .returning<{id: number}[]>('id')
  await db.transaction(async (trx) => {
    // Without its foreign keys, so that one basket may hold what it has no lines for.
    await trx.raw('set local session_replication_role = replica')
    await trx.raw(
      `insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
       select ?::bigint, n, 1, 1, now(), now() + (?::bigint - n) * interval '1 second' from generate_series(1, ?::bigint) as n`,
      [basket?.id ?? 0, mostCounted + 530, mostCounted + 500],
    )
  })

  const {holds} = await readActivity(db)
  const {orders, since, bestSellers} = await readRecentSales(db)

  t.deepEqual(holds.lines, {count: mostCounted, isCapped: true})
  t.is(holds.endingSoon, 31)
  t.deepEqual(orders, {count: mostLines, isCapped: true})
  t.is(
    bestSellers.reduce((sum, {units}) => sum + units, 0),
    mostLines,
  )
  t.true(Date.parse(since) < Date.parse((await readActivity(db)).readAt) - mostLines * 50)
})

test('it reads by indexes alone, writes nothing, and waits for no lock of an order', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db)
  await placeOrder(db, usdOrder(await addUser(db), [{productId, quantity: 1}]))
  const statements: string[] = []
  db.on('query', ({sql}: {sql: string}) => statements.push(sql))

  await db.transaction(async (trx) => {
    await trx.raw(
      'lock table orders, order_lines, stock_levels, products, payments, stock_reservations in exclusive mode',
    )
    await readActivity(db)
    await readRecentSales(db)
  })

  const reads = statements.filter((sql) => /^\s*(?:select|with)/.test(sql) && !sql.includes('set_config'))
  t.is(reads.length, 4)
  await db.transaction(async (trx) => {
    await trx.raw('set local enable_seqscan = off')
    for (const sql of reads) {
      const numbered = sql.replaceAll(/\$\d+/g, '10')
      const {rows} = await trx.raw<{rows: {'QUERY PLAN': string}[]}>(`explain ${numbered}`)
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      t.notRegex(plan, /Seq Scan/)
    }
  })
})
