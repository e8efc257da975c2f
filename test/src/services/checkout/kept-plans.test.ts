import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../../src/db/connect.ts'
import {withConnection} from '../../../../src/db/connection.ts'
import {checkoutSession} from '../../../../src/services/checkout/queue.ts'
import type {Job} from '../../../../src/services/checkout/jobs.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {findLockedProducts} from '../../../../src/services/stock/lock.ts'
import {change, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {createDatabase, sessionsOfTests} from '../../../helpers/database.ts'
import {addProduct, addStock, addUser, usdOrder} from '../../../helpers/shop.ts'

/** How many rows each table gets behind the back of the plans. */
const grownBy = 2000
/** A scan reads what the few jobs of a batch ask for. */
const mostRows = 50

test('plans that were made while the tables were empty find rows by their keys when the tables have grown', async (t) => {
  const {db, url} = await createDatabase(t)
  const [rice, tea] = [await addProduct(db, {stock: 1000}), await addProduct(db, {stock: 1000})]
  const users = await Promise.all([addUser(db), addUser(db), addUser(db), addUser(db)])
  await addStock(db, {productId: rice, poolId: (await createPool(db, 'east')).id, quantity: 1000})
  const orders = connect(() => ({connectionString: url}), {...checkoutSession, ...sessionsOfTests, poolSize: 1})
  t.teardown(async () => orders.destroy())
  // As an autovacuum or a restore of a new shop leaves them. Without that, the planner takes a table for a larger one.
  await db.raw('vacuum analyze')

  await decideAll(t, orders, {rice, tea, users})
  await grow(db)
  const scans = await scansOf(orders, async () => decideAll(t, orders, {rice, tea, users}))

  t.is(new Set(scans.map(({table}) => table)).size, 12)
  t.deepEqual(
    scans.filter(({rows}) => rows > mostRows),
    [],
  )
})

/** Batches that send every statement of the checkout. */
async function decideAll(
  t: ExecutionContext,
  db: Knex,
  {rice, tea, users}: {rice: number; tea: number; users: number[]},
): Promise<void> {
  const [anna, ben, cleo, dora] = users as [number, number, number, number]
  const keyed = (userId: number, productId: number): Job => ({
    ...change(userId, {kind: 'add', items: [{productId, quantity: 1}]}),
    idempotency: {key: crypto.randomUUID(), fingerprint: ''},
  })
  const batches: Job[][] = [
    [setItem(anna, rice, 1), setItem(ben, rice, 2)],
    [setItem(anna, rice, 2), keyed(ben, tea), usdOrder(dora, [{productId: rice, quantity: 1}], crypto.randomUUID())],
    [checkout(anna), change(ben, {kind: 'remove', productId: tea}), setItem(cleo, rice, 1)],
    [change(ben, {kind: 'hold'}), usdOrder(cleo, [{productId: rice, quantity: 1}])],
    [setItem(cleo, rice, 3)],
    [usdOrder(dora, [{productId: tea, quantity: 1}])],
    [usdOrder(dora, [{productId: tea, quantity: 1}]), usdOrder(anna, [{productId: rice, quantity: 1}])],
    [checkout(ben), checkout(cleo)],
  ]
  for (const jobs of batches) {
    for (const outcome of await decideJobs(db, jobs)) t.regex(codeOf(outcome), /changed|placed/)
  }
  t.deepEqual(await findLockedProducts(db, [rice], [anna]), [])
}

/** Baskets that were ordered, baskets with holds of another product, and whatever else a shop gathers. */
async function grow(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    // Turns triggers and foreign keys off.
    await trx.raw('set local session_replication_role = replica')
    const insert = async (table: string, columns: string, values: string): Promise<void> => {
      await trx.raw(
        `insert into ${table} (${columns}) overriding system value select ${values} from generate_series(1001, ?::int) as n`,
        [1000 + grownBy],
      )
    }
    await insert('users', 'id, username, password_hash', `n, 'user ' || n, '!'`)
    await insert('products', 'id, name', `n, 'product ' || n`)
    await insert('product_prices', 'product_id, currency, amount', `n, 'USD', 100`)
    await insert('stock_levels', 'product_id, pool_id, on_hand, reserved', 'n, 1, 100, 1')
    await insert('orders', 'id, user_id, currency, total', `n, n, 'USD', 1`)
    await insert(
      'order_lines',
      'order_id, position, product_id, product_name, unit_price, quantity',
      `n, 1, n, '', 1, 1`,
    )
    await insert('stock_movements', 'product_id, pool_id, delta, reason, order_id', `n, 1, -1, 'order', n`)
    await insert('idempotency_keys', 'user_id, key, fingerprint, order_id', `n, 'key', '', n`)
    await insert('baskets', 'id, user_id, currency, status, order_id', `n, n, 'USD', 'ordered', n`)
    await insert('basket_lines', 'basket_id, product_id, quantity, seen_price', 'n, n, 1, 1')
    await insert('baskets', 'id, user_id, currency', `n + 10000, n, 'USD'`)
    await insert('basket_lines', 'basket_id, product_id, quantity, seen_price', 'n + 10000, n, 1, 1')
    await insert(
      'stock_reservations',
      'basket_id, product_id, pool_id, quantity, held_since, expires_at',
      `n + 10000, n, 1, 1, now(), now() + interval '1 hour'`,
    )
  })
}

type Plan = {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

type Scan = {table: string; rows: number; statement: string}

/** What each scan of a table read while the connection did something. */
async function scansOf(db: Knex, run: () => Promise<void>): Promise<Scan[]> {
  const scans: Scan[] = []
  const explained = ({message = ''}: {message?: string | undefined}): void => {
    const json = /^duration: .*plan:\n(.*)$/s.exec(message)?.[1]
    if (json === undefined) return
    const {'Query Text': statement, Plan: plan} = JSON.parse(json) as {'Query Text': string; Plan: Plan}
    const nodes = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(nodes)]
    for (const node of nodes(plan)) {
      const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
      scans.push({table: node['Relation Name'] ?? '', rows, statement: statement.slice(0, 80)})
    }
  }
  await withConnection(db, async (client) => Promise.resolve(client.on('notice', explained)))
  await db.raw(`
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_analyze = on;
    set auto_explain.log_timing = off;
    set auto_explain.log_format = json;
    set client_min_messages = log`)
  await run()
  return scans.filter(({table}) => table !== '')
}
