import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {manyProducts} from '../prepare-database.ts'

/** Users with a known number of orders, for histories of known lengths. The others have skewed numbers. */
export const light = {id: 1_000_001, username: 'light', orders: 10}
export const heavy = {id: 1_000_002, username: 'heavy', orders: 100_000}
const firstUser = 1_000_003

/** Seven orders of ten have one line, two have two, and one has three. */
const linesPerOrder = 1.4
const ordersPerUser = 35

const tables = [
  'users',
  'orders',
  'order_lines',
  'stock_movements',
  'idempotency_keys',
  'payment_customers',
  'payment_methods',
  'payments',
  'payment_attempts',
]

/**
 * Writes three years of orders with about so many lines, and as many movements, into a shop that was just prepared. One order
 * of 70 is cancelled, one of 4 has an idempotency key, and one of 20 is paid. Indexes and keys are built afterwards.
 * The foreign keys stay unvalidated: the rows satisfy them, and the server checks them for new rows as it would otherwise.
 */
export async function fillHistory(db: Knex, lines: number, tell: (progress: string) => void): Promise<void> {
  const orders = Math.floor(lines / linesPerOrder)
  const restores = await setKeysAside(db)
  const {at, values} = rowsOf(orders)

  tell('users')
  for (const {sql} of userStatements(orders)) await query(db, sql)
  await Promise.all(
    Object.entries(values).map(async ([table, select]) => {
      tell(table)
      await fillTable(db, table, select.replaceAll('$at', at))
      tell(`${table}: done`)
    }),
  )
  tell('indexes and keys')
  await inLanes(restores, async (sql) => {
    tell(sql)
    await withMemory(db, sql)
  })
  await query(
    db,
    `update stock_levels set on_hand = sum
     from (select product_id, pool_id, sum(delta) from stock_movements group by product_id, pool_id) as ledger
     where stock_levels.product_id = ledger.product_id and stock_levels.pool_id = ledger.pool_id`,
  )
  for (const [table, next] of [
    ['users', firstUser + orders / ordersPerUser],
    ['orders', orders],
    ['stock_movements', movementBase + orders * 10],
  ] as const) {
    await query(db, `select setval(pg_get_serial_sequence(?, 'id'), ?::bigint)`, [table, Math.ceil(next) + 1000])
  }
  tell('vacuum')
  await inLanes([tables.map((table) => `vacuum (analyze) ${table}`)], async (sql) => query(db, sql))
}

const movementBase = 1_000_000

/** Rows as functions of the number of the order, `i`, so that no table has to be read for another. */
function rowsOf(orders: number): {at: string; values: Record<string, string>} {
  const users = Math.floor(orders / ordersPerUser)
  const heavyStride = Math.max(2, Math.floor(orders / heavy.orders))
  const share = (factor: number): string => `((i * ${factor}) % 4294967296 / 4294967296.0::float8)`
  const user = `case
      when i % ${heavyStride} = 0 and i / ${heavyStride} between 1 and ${heavy.orders} then ${heavy.id}
      when i % ${Math.floor(orders / light.orders)} = 7 and i > 7 then ${light.id}
      else ${firstUser} + floor(${users} * ${share(2654435761)} ^ 2)::bigint
    end`
  const product = `${manyProducts.from} + (floor(${manyProducts.count} * ${share(1640531527)} ^ 2)::bigint + (p - 1) * 333) % ${manyProducts.count}`
  const lineCount = 'case i % 10 when 9 then 3 when 8 then 2 when 7 then 2 else 1 end'
  const quantity = '(case when p = 1 and i % 3 = 0 then 2 else 1 end)'
  const total = `(100 * (${lineCount} + case when i % 3 = 0 then 1 else 0 end))::bigint`
  const from = `generate_series(1, ${orders}::bigint) as i`
  const fromLines = `${from} cross join lateral generate_series(1, ${lineCount}) as p`
  const fromPaid = `generate_series(3, ${orders}::bigint, 20) as i`
  return {
    at: `(timestamptz '2023-11-01 00:00:00Z' + i * interval '${(3 * 365 * 86400) / orders} seconds')`,
    values: {
      orders: `orders (id, user_id, currency, total, status, created_at, payment_status)
        select i, ${user}, 'USD', ${total}, case when i % 70 = 0 then 'cancelled' else 'placed' end, $at,
               case when i % 20 = 3 then 'paid' else 'none' end
        from ${from}`,
      order_lines: `order_lines (order_id, position, product_id, product_name, unit_price, quantity)
        select i, p, product_id, 'Bench ' || product_id, 100, ${quantity}
        from ${fromLines} cross join lateral (select ${product} as product_id) as product`,
      stock_movements: `stock_movements (id, product_id, pool_id, delta, reason, order_id, created_at)
        overriding system value
        select ${movementBase} + i * 10 + p + case when is_return then 5 else 0 end, ${product}, 1,
               ${quantity} * case when is_return then 1 else -1 end,
               case when is_return then 'cancel' else 'order' end, i, $at
        from ${fromLines} cross join lateral (select false as is_return union all select true where i % 70 = 0) as returns`,
      idempotency_keys: `idempotency_keys (user_id, key, fingerprint, order_id, created_at)
        select ${user}, gen_random_uuid(), repeat('f', 43), i, $at
        from generate_series(1, ${orders}::bigint, 4) as i`,
      payments: `payments (
          id, order_id, provider, customer_id, method_id, currency, amount, capture, state, captured, provider_id,
          submitted_at, created_at
        )
        overriding system value
        select i, i, 'test', 'cus_' || user_id, user_id, 'USD', ${total}, 'automatic', 'captured', ${total},
               'test_pay_' || i, $at, $at
        from ${fromPaid} cross join lateral (select ${user} as user_id) as users`,
      payment_attempts: `payment_attempts (id, payment_id, operation, key, event, outcome, at)
        overriding system value
        select i * 2 + answered, i, 'pay', 'shop:pay:' || i, case answered when 0 then 'sent' else 'answered' end,
               case answered when 1 then 'captured' end, $at
        from ${fromPaid} cross join generate_series(0, 1) as answered`,
    },
  }
}

function userStatements(orders: number): {sql: string}[] {
  const last = firstUser + Math.floor(orders / ordersPerUser)
  const named = `case i when ${light.id} then '${light.username}' when ${heavy.id} then '${heavy.username}' else 'bench' || i end`
  return [
    `insert into users (id, username, password_hash, created_at)
     select i, ${named}, 'unusable', '2023-11-01Z' from generate_series(${light.id}, ${last}) as i`,
    `insert into payment_customers (user_id, provider, customer_id)
     select i, 'test', 'cus_' || i from generate_series(${light.id}, ${last}) as i`,
    `insert into payment_methods (id, user_id, provider, provider_id, brand) overriding system value
     select i, i, 'test', 'method_' || i, 'visa' from generate_series(${light.id}, ${last}) as i`,
  ].map((sql) => ({sql}))
}

/** After TRUNCATE in the same transaction, a server with wal_level = minimal writes no WAL for the rows. */
async function fillTable(db: Knex, table: string, rows: string): Promise<void> {
  const kept = table === 'stock_movements'
  await db.transaction(async (trx) => {
    await trx.raw('alter table ?? disable trigger user', [table])
    if (kept) await trx.raw('create temporary table kept on commit drop as select * from stock_movements')
    await trx.raw('truncate ??', [table])
    if (kept) await trx.raw('insert into stock_movements overriding system value select * from kept')
    await query(trx, `insert into ${rows}`)
    await trx.raw('alter table ?? enable trigger user', [table])
  })
}

/** Drops indexes and keys of the tables, and returns the statements that create them again, by table. */
async function setKeysAside(db: Knex): Promise<string[][]> {
  const filled = Object.keys(rowsOf(1).values)
  const keys = await query<{table: string; name: string; create: string; drop: string; rank: number}>(
    db,
    `select relname as "table", conname as name,
            format('alter table %I add constraint %I %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
              || case contype when 'f' then ' not valid' else '' end as "create",
            format('alter table %I drop constraint %I', relname, conname) as "drop",
            case contype when 'f' then 2 else 0 end as rank
     from pg_constraint
     join pg_class on pg_class.oid = conrelid
     where contype in ('p', 'u', 'f') and (conrelid = any (?::text[]::regclass[]) or confrelid = any (?::text[]::regclass[]))
     union all
     select pg_class.relname, index.relname, pg_get_indexdef(indexrelid), format('drop index %I', index.relname), 1
     from pg_index
     join pg_class on pg_class.oid = indrelid
     join pg_class as index on index.oid = indexrelid
     where indrelid = any (?::text[]::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
     order by 5 desc, 1, 2`,
    [filled, filled, filled],
  )
  for (const {drop} of keys) await query(db, drop)
  const isKeyOf = (table: string) => (key: (typeof keys)[number]) => key.table === table && key.rank < 2
  const lanes = filled.map((table) =>
    keys
      .filter(isKeyOf(table))
      .reverse()
      .map(({create}) => create),
  )
  // Foreign keys come last, in one lane: they need the primary keys, and lock two tables.
  return [...lanes, keys.filter(({rank}) => rank === 2).map(({create}) => create)]
}

/** Works the lanes off at the same time, except for the last one, which waits for the others. */
async function inLanes(lanes: string[][], run: (sql: string) => Promise<unknown>): Promise<void> {
  const work = async (lane: string[]): Promise<void> => {
    for (const sql of lane) await run(sql)
  }
  await Promise.all(lanes.slice(0, -1).map(work))
  await work(lanes.at(-1) ?? [])
}

async function withMemory(db: Knex, sql: string): Promise<void> {
  await db.transaction(async (trx) => {
    await query(trx, `set local maintenance_work_mem = '256MB'`)
    await query(trx, sql)
  })
}
