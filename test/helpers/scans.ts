import type {Knex} from 'knex'

import {withConnection} from '../../src/db/connection.ts'

/** How many rows each table gets behind the back of the plans. */
const grownBy = 2000
/** A scan reads what a few jobs ask for. */
export const mostRows = 50

/** Adds baskets that were ordered, baskets with holds of other products, and whatever else a shop gathers. */
export async function growTables(db: Knex): Promise<void> {
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
    await insert('payment_methods', 'id, user_id, provider, provider_id, brand', `n, n, 'test', n, ''`)
    await insert(
      'payments',
      'id, order_id, basket_id, provider, provider_id, customer_id, method_id, currency, amount, capture, state, captured',
      `n, n, n, 'test', n, n, n, 'USD', 1, 'automatic', 'captured', 1`,
    )
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

export type Scan = {table: string; rows: number; statement: string}

/** What each scan of a table read while the only connection of a pool did something. */
export async function scansOf(db: Knex, run: () => Promise<void>): Promise<Scan[]> {
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
