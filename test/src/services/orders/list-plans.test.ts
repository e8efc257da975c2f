import test from 'ava'
import type {Knex} from 'knex'

import {query} from '../../../../src/db/query.ts'
import {listAllOrders} from '../../../../src/services/orders/list.ts'
import {listMovements} from '../../../../src/services/stock/movements.ts'
import {createDatabase} from '../../../helpers/database.ts'

/** Every fourth order is of product 1, and every thousandth is cancelled. Product 2 is in few orders. */
async function fill(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw(`
      set local session_replication_role = replica;
      insert into users (username, password_hash) select n, '!' from generate_series(1, 200) as n;
      insert into orders (user_id, currency, total, status, created_at)
      select 1 + n % 200, 'USD', n, case n % 1000 when 0 then 'cancelled' else 'placed' end, now() - n * interval '1 minute'
      from generate_series(1, 20000) as n;
      insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
      select id, 1, case when id % 4 = 0 then 1 else 2 + id % 1000 end, 'Rice', 1, 1 from orders;
      insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at)
      select product_id, 1, -1, 'order', order_id, created_at from order_lines join orders on orders.id = order_id`)
  })
  await db.raw('analyze users, orders, order_lines, stock_movements')
}

// Orders of a rare product, or above a total, are found by walking the orders by time: an index would cost every order.
test('the frequent filters of the lists of orders and movements have an index', async (t) => {
  const {db} = await createDatabase(t)
  await fill(db)
  const [page, time] = [{pageSize: 20}, '2026-01-01T00:00:00Z']
  const lists: [run: () => Promise<unknown>, index: string][] = [
    [async () => listAllOrders(db, page), 'orders_created_idx'],
    [async () => listAllOrders(db, {...page, from: time, to: time}), 'orders_created_idx'],
    [async () => listAllOrders(db, {...page, userId: 7}), 'orders_history_idx'],
    [async () => listAllOrders(db, {...page, status: 'cancelled'}), 'orders_cancelled_idx'],
    [async () => listAllOrders(db, {...page, productId: 1}), 'orders_created_idx'],
    [async () => listMovements(db, page), 'stock_movements_pkey'],
    [async () => listMovements(db, {...page, from: time, to: time}), 'stock_movements_created_idx'],
    [async () => listMovements(db, {...page, productId: 2}), 'stock_movements_level_idx'],
    [async () => listMovements(db, {...page, orderId: 7}), 'stock_movements_order_idx'],
  ]
  for (const [run, index] of lists) {
    const plan = await planOf(db, run)
    t.true(plan.includes(` ${index} `), `Not by ${index}:\n${plan}`)
    t.notRegex(plan, /Seq Scan on (?:orders|order_lines|stock_movements)/)
  }
})

async function planOf(db: Knex, run: () => Promise<unknown>): Promise<string> {
  const sent: {sql: string; bindings: unknown[]}[] = []
  const listen = (statement: {sql: string; bindings: unknown[]}): void => void sent.push(statement)
  db.on('query', listen)
  await run()
  db.off('query', listen)
  const {sql = '', bindings = []} = sent[0] ?? {}
  const lines = await query<{'QUERY PLAN': string}>(db, `explain ${sql.replaceAll(/\$\d+/g, '?')}`, bindings)
  return lines.map((line) => line['QUERY PLAN']).join('\n')
}
