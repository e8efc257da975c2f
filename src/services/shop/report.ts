import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {LongReportError} from '../../errors.ts'
import type {Currency} from '../../money.ts'

export const groupings = ['day', 'hour', 'product', 'user'] as const

export type Grouping = (typeof groupings)[number]

/** Orders with their units and the sum of their totals, in minor units of the currency. */
export type Sales = {orders: number; units: number; total: bigint}

export type SalesRow = {
  /** A time in UTC for a day or an hour, or the id of a product or user. */
  key: number | string
  /** Of the product or user; null for a time. */
  name: string | null
  currency: Currency
  placed: Sales
  cancelled: Sales
}

export type SalesReport = {
  from: string
  to: string
  /** A row for each currency; `key` is the currency. */
  totals: SalesRow[]
  rows: SalesRow[]
}

export type ReportRequest = {
  by: Grouping
  /** By default the last 30 days in UTC with the current one, or the last 24 hours for a report by hours. */
  from: string | undefined
  /** Not included; now by default. */
  to: string | undefined
  currency: Currency | undefined
  /** The most rows of each currency for products and users, the largest totals first; null for all. */
  limit: number | null
}

/**
 * What was ordered from `from` until `to`, by the time of the order. Cancelled orders are counted separately, and refunds of
 * others are not subtracted. Days and hours between the first and the last order that have no orders get a row of zeros.
 * Throws LongReportError.
 */
export async function salesReport(db: Knex, request: ReportRequest): Promise<SalesReport> {
  return db.transaction(async (trx) => reportInside(trx, request), {isolationLevel: 'repeatable read', readOnly: true})
}

async function reportInside(trx: Knex.Transaction, {by, limit, ...request}: ReportRequest): Promise<SalesReport> {
  // The estimates are too coarse for parallel plans and JIT to be worth their start, but these read much.
  await query(trx, `set local work_mem = '64MB'; set local jit = off`)
  const {from, to} = await findPeriod(trx, {by, ...request})
  const period = {from, to, currency: request.currency}
  if (by === 'product' || by === 'user') {
    const rows = await (by === 'product' ? groupLines : groupByUser)(trx, period, limit)
    return {from, to, totals: await groupOrders(trx, period, 'currency'), rows}
  }
  const rows = await groupOrders(trx, period, `date_trunc('${by}', created_at, 'UTC')`)
  return {from, to, totals: sumByCurrency(rows), rows: fillGaps(rows, by === 'day' ? 86_400_000 : 3_600_000)}
}

function sumByCurrency(rows: SalesRow[]): SalesRow[] {
  const sums = new Map<Currency, SalesRow>()
  for (const {currency, placed, cancelled} of rows) {
    const sum = sums.get(currency) ?? {key: currency, name: null, currency, placed: none, cancelled: none}
    sums.set(currency, {...sum, placed: add(sum.placed, placed), cancelled: add(sum.cancelled, cancelled)})
  }
  return [...sums.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1))
}

function add(one: Sales, other: Sales): Sales {
  return {orders: one.orders + other.orders, units: one.units + other.units, total: one.total + other.total}
}

type Period = {from: string; to: string; currency: Currency | undefined}

async function findPeriod(
  trx: Knex.Transaction,
  {by, from, to}: Pick<ReportRequest, 'by' | 'from' | 'to'>,
): Promise<{from: string; to: string}> {
  const [unit, before] = by === 'hour' ? ['hour', '23 hours'] : ['day', '29 days']
  return onlyRow(
    await query<{from: string; to: string}>(
      trx,
      `select coalesce(?::timestamptz, date_trunc('${unit}', until - interval '${before}', 'UTC')) as "from", until as "to"
       from (select coalesce(?::timestamptz, now()) as until) as period`,
      [from ?? null, to ?? null],
    ),
  )
}

const inPeriod = 'created_at >= ?::timestamptz and created_at < ?::timestamptz and (?::text is null or currency = ?)'

function bindingsOf({from, to, currency}: Period): (string | null)[] {
  return [from, to, currency ?? null, currency ?? null]
}

type Row = {
  key: number | string
  name: string | null
  currency: string
  orders: number
  units: number
  total: string
  cancelledOrders: number
  cancelledUnits: number
  cancelledTotal: string
}

/** Sums for rows that have an order's `status`, a part of its `total`, and `units`. `orders` counts the orders. */
function sums(orders: string): string {
  return `
    ${orders} filter (where status = 'placed') as orders,
    coalesce(sum(units) filter (where status = 'placed'), 0)::bigint as units,
    coalesce(sum(total) filter (where status = 'placed'), 0)::text as total,
    ${orders} filter (where status = 'cancelled') as "cancelledOrders",
    coalesce(sum(units) filter (where status = 'cancelled'), 0)::bigint as "cancelledUnits",
    coalesce(sum(total) filter (where status = 'cancelled'), 0)::text as "cancelledTotal"`
}

/** Each order of the period with its units. */
const ordersWithUnits = `
  select orders.*, coalesce(units, 0) as units
  from orders
  left join (
    select order_id, sum(quantity) as units
    from order_lines
    where order_id in (select id from orders where ${inPeriod})
    group by order_id
  ) as lines on lines.order_id = orders.id
  where ${inPeriod}`

async function groupOrders(trx: Knex.Transaction, period: Period, key: string): Promise<SalesRow[]> {
  const rows = await query<Row>(
    trx,
    `select ${key} as key, null as name, currency, ${sums('count(*)')}
     from (${ordersWithUnits}) as sold
     group by 1, currency
     order by 1, currency`,
    [...bindingsOf(period), ...bindingsOf(period)],
  )
  return rows.map(toSales)
}

async function groupByUser(trx: Knex.Transaction, period: Period, limit: number | null): Promise<SalesRow[]> {
  const rows = await query<Row>(
    trx,
    `with grouped as (
       select user_id as key, currency, ${sums('count(*)')} from (${ordersWithUnits}) as sold group by user_id, currency
     )
     select grouped.*, username as name from (${largest}) as grouped join users on users.id = key ${largestFirst}`,
    [...bindingsOf(period), ...bindingsOf(period), limit],
  )
  return rows.map(toSales)
}

/** The price and the quantity are those of the order's lines. The name is the product's current one. */
async function groupLines(trx: Knex.Transaction, period: Period, limit: number | null): Promise<SalesRow[]> {
  const rows = await query<Row>(
    trx,
    `with sold as (
       select product_id, order_id, currency, status, quantity as units, unit_price::numeric * quantity as total
       from (select id, currency, status from orders where ${inPeriod}) as wanted
       join order_lines on order_id = wanted.id
     ), grouped as (
       select product_id as key, currency, ${sums('count(distinct order_id)')} from sold group by product_id, currency
     )
     select grouped.*, products.name from (${largest}) as grouped join products on products.id = key ${largestFirst}`,
    [...bindingsOf(period), limit],
  )
  return rows.map(toSales)
}

const largestFirst = 'order by currency, total::numeric desc, key'
const largest = `
  select * from (
    select *, row_number() over (partition by currency order by total::numeric desc, key) as place from grouped
  ) as ranked
  where place <= coalesce(?::bigint, place)`

function toSales({key, name, currency, orders, units, total, ...cancelled}: Row): SalesRow {
  return {
    key,
    name,
    currency,
    placed: {orders, units, total: BigInt(total)},
    cancelled: {
      orders: cancelled.cancelledOrders,
      units: cancelled.cancelledUnits,
      total: BigInt(cancelled.cancelledTotal),
    },
  }
}

const none: Sales = {orders: 0, units: 0, total: 0n}

/** Seventy years of hours, in one currency. */
const mostTimes = 620_000

/** Adds the missing times of each currency, `step` milliseconds apart. The rows are sorted by time. */
function fillGaps(rows: SalesRow[], step: number): SalesRow[] {
  const [first, last] = [rows[0], rows.at(-1)].map((row) => Date.parse(String(row?.key)))
  if (first === undefined || last === undefined || rows.length === 0) return rows
  const known = new Map(rows.map((row) => [`${row.key} ${row.currency}`, row]))
  const currencies = [...new Set(rows.map(({currency}) => currency))].sort()
  const count = ((last - first) / step + 1) * currencies.length
  if (count > mostTimes) throw new LongReportError(count, mostTimes)
  const filled: SalesRow[] = []
  for (let time = first; time <= last; time += step) {
    // As src/db/types.ts writes times.
    const key = new Date(time).toISOString().replace('Z', '000Z')
    for (const currency of currencies) {
      filled.push(known.get(`${key} ${currency}`) ?? {key, name: null, currency, placed: none, cancelled: none})
    }
  }
  return filled
}
