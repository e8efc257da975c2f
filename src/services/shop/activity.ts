import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {type PaymentState, pendingStates} from '../payments/payment.ts'

/** A number of rows of which at most `mostCounted` are counted. */
export type BoundedCount = {count: number; isCapped: boolean}

/** What happens in the shop at a moment. */
export type Activity = {
  readAt: string
  /** Of the last ten seconds. */
  ordersPerSecond: number
  holds: {
    /** Lines of baskets that hold stock, and their units. */
    lines: BoundedCount
    units: number
    /** Lines whose hold ends within a minute. */
    endingSoon: number
    /** Lines whose hold has ended: the next order can have their stock, and the sweeper removes them. */
    expired: number
  }
  payments: {
    /** The payments of each state in which something is still to be done, without states that none has. */
    open: {state: PaymentState; count: number}[]
    isCapped: boolean
    /** How many of them wait for an action that was due. */
    overdue: number
  }
}

/** A product that was ordered in the last hour. */
export type SellingProduct = {
  id: number
  name: string
  /** Sold in the orders that were read. */
  units: number
  /** In stock and not held by a basket. */
  free: number
  held: number
  /** Until nothing is free if it keeps selling as it did; null if nothing is free. */
  secondsLeft: number | null
}

/** What sold in the last hour, as far as the latest orders tell. */
export type RecentSales = {
  /** The time of the earliest order that was read, or an hour ago. */
  since: string
  orders: BoundedCount
  bestSellers: SellingProduct[]
  /** The products of which the last free unit sells within an hour at this rate, the next one first. */
  runningOut: SellingProduct[]
  /** How many of the products that sold have nothing free any more. */
  soldOut: number
}

/** Counting more would cost the database more than the figure is worth. */
export const mostCounted = 10_000

/** The most order lines of which sales are added up: a third of a second of one core if each is of another product. */
export const mostLines = 20_000

const listedProducts = 50

/** Never waits for anything, and reads a bounded number of rows, whatever the size of the shop. */
export async function readActivity(db: Knex): Promise<Activity> {
  return readBriefly(db, async (trx) => {
    const {readAt, ordersPerSecond} = onlyRow(
      await query<{readAt: string; ordersPerSecond: number}>(
        trx,
        `select now() as "readAt", count(*)::float8 / 10 as "ordersPerSecond"
         from (
           select from orders
           where created_at > now() - interval '10 seconds' and created_at <= now() and not is_imported
           limit ${mostCounted * 10}
         ) as latest`,
      ),
    )
    return {readAt, ordersPerSecond, holds: await readHolds(trx), payments: await readPayments(trx)}
  })
}

async function readHolds(trx: Knex.Transaction): Promise<Activity['holds']> {
  // In order of expiry, so that a cap leaves out those that last longest.
  const {lines, ...holds} = onlyRow(
    await query<{lines: number; units: number; endingSoon: number; expired: number}>(
      trx,
      `select count(*) as lines, coalesce(sum(quantity), 0)::bigint as units,
              count(*) filter (where expires_at > now() and expires_at <= now() + interval '1 minute') as "endingSoon",
              count(*) filter (where expires_at <= now()) as expired
       from (select quantity, expires_at from stock_reservations order by expires_at limit ?) as held`,
      [mostCounted],
    ),
  )
  return {lines: bounded(lines, mostCounted), ...holds}
}

async function readPayments(trx: Knex.Transaction): Promise<Activity['payments']> {
  const states: PaymentState[] = [...pendingStates, 'mismatch']
  const rows = await query<{state: PaymentState; count: number; overdue: number}>(
    trx,
    `select state, count(*) as count, count(*) filter (where due_at < now()) as overdue
     from (
       select state, due_at from payments
       where state in (${states.map((state) => `'${state}'`).join(', ')})
       limit ?
     ) as open
     group by state
     order by state`,
    [mostCounted],
  )
  return {
    open: rows.map(({state, count}) => ({state, count})),
    isCapped: rows.reduce((sum, {count}) => sum + count, 0) >= mostCounted,
    overdue: rows.reduce((sum, row) => sum + row.overdue, 0),
  }
}

function bounded(count: number, most: number): BoundedCount {
  return {count, isCapped: count >= most}
}

/** What the latest orders tell, beside one of their products, or null if there are none. */
type SalesRow = {
  since: string
  orders: number
  lines: number
  product: (SellingProduct & {bySales: number; byTime: number; soldOut: number}) | null
}

/**
 * Reads the lines of the latest orders of the last hour, at most `mostLines`. A product's rate is that since its first order
 * in them, but over five minutes at least: one unit that sold a second ago does not make a rush.
 */
export async function readRecentSales(db: Knex): Promise<RecentSales> {
  const rows = await readBriefly(db, async (trx) => query<SalesRow>(trx, recentSales))
  const {since = '', orders = 0, lines = 0} = rows[0] ?? {}
  const ranked = rows.flatMap(({product}) => product ?? [])
  return {
    since,
    orders: {count: orders, isCapped: lines >= mostLines},
    bestSellers: ranked
      .filter(({bySales}) => bySales <= listedProducts)
      .sort((one, other) => one.bySales - other.bySales)
      .map(toProduct),
    runningOut: ranked
      .filter(({byTime, secondsLeft}) => byTime <= listedProducts && secondsLeft !== null && secondsLeft < 3600)
      .sort((one, other) => one.byTime - other.byTime)
      .map(toProduct),
    soldOut: ranked[0]?.soldOut ?? 0,
  }
}

function toProduct({id, name, units, free, held, secondsLeft}: SellingProduct): SellingProduct {
  return {id, name, units, free, held, secondsLeft}
}

const recentSales = `
  with lines as materialized (
    select order_id, created_at, product_id, quantity
    from (
      select id as order_id, created_at
      from orders
      where created_at > now() - interval '1 hour' and created_at <= now() and status = 'placed' and not is_imported
      order by created_at desc
      limit ${mostLines}
    ) as latest
    cross join lateral (
      select product_id, quantity from order_lines where order_lines.order_id = latest.order_id limit ${mostLines}
    ) as line
    limit ${mostLines}
  ),
  sold as (
    select product_id, sum(quantity)::bigint as units,
           greatest(extract(epoch from now() - min(created_at)), 300) as seconds
    from lines
    group by product_id
  ),
  stocked as (
    select sold.product_id, units, free, held,
           case when free > 0 and units > 0 then least(free * seconds / units, 1e9) end as seconds_left
    from sold
    cross join lateral (
      select coalesce(sum(on_hand - reserved), 0)::bigint as free, coalesce(sum(reserved), 0)::bigint as held
      from stock_levels
      where stock_levels.product_id = sold.product_id
    ) as stock
  ),
  ranked as (
    select *, row_number() over (order by units desc, product_id) as by_sales,
           row_number() over (order by seconds_left, product_id) as by_time,
           count(*) filter (where free = 0) over () as sold_out
    from stocked
  )
  select lines.*, product.product
  from (
    select case when count(*) < ${mostLines} then now() - interval '1 hour' else min(created_at) end as since,
           count(distinct order_id) as orders, count(*) as lines
    from lines
  ) as lines
  left join (
    select json_build_object(
             'id', products.id, 'name', name, 'units', units, 'free', free, 'held', held,
             'secondsLeft', seconds_left, 'bySales', by_sales, 'byTime', by_time, 'soldOut', sold_out
           ) as product
    from ranked
    cross join lateral (select id, name from products where id = product_id limit 1) as products
    where by_sales <= ${listedProducts} or by_time <= ${listedProducts}
  ) as product on true`

/**
 * One process of the server, and no table read whole: what is asked for is found by indexes, also if the planner's
 * statistics are older than a rush.
 */
async function readBriefly<T>(db: Knex, read: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(
    async (trx) => {
      await query(
        trx,
        `select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
                set_config('max_parallel_workers_per_gather', '0', true)`,
      )
      return read(trx)
    },
    {readOnly: true},
  )
}
