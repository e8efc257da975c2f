import {formatAmount} from '../../money.ts'
import type {Grouping, Sales, SalesReport, SalesRow} from '../../services/shop/report.ts'
import {plural} from '../../text.ts'
import type {CsvCell} from './csv.ts'
import {formatCount, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

const heads: Record<Grouping, string> = {day: 'Day (UTC)', hour: 'Hour (UTC)', product: 'Product', user: 'User'}

/** The table, with a bar for the total of each row if there is room for one. */
export function salesTable(
  {rows}: SalesReport,
  by: Grouping,
  {width}: {width: number | undefined},
): {columns: Column[]; rows: string[][]} {
  const bars = width === undefined ? 0 : Math.min(Math.max(width - (keyWidths[by] + otherColumns), 0), longestBar)
  const largest = largestTotals(rows)
  return {
    columns: [
      {head: heads[by], wraps: true},
      {head: 'Orders', align: 'right'},
      {head: 'Units', align: 'right'},
      {head: 'Total', align: 'right'},
      {head: 'Cancelled', align: 'right'},
      ...(bars < shortestBar ? [] : [{head: ''}]),
    ],
    rows: rows.map((row) => [
      describeKey(row, by),
      formatCount(row.placed.orders),
      formatCount(row.placed.units),
      formatMoney(row.placed.total, row.currency),
      row.cancelled.orders === 0 ? '' : formatCount(row.cancelled.orders),
      ...(bars < shortestBar ? [] : [drawBar(row.placed.total, largest.get(row.currency) ?? 0n, bars)]),
    ]),
  }
}

/** What the other columns usually take, the first one by the grouping. */
const keyWidths: Record<Grouping, number> = {day: 13, hour: 19, product: 45, user: 30}
const otherColumns = 55
const shortestBar = 8
const longestBar = 60

function largestTotals(rows: SalesRow[]): Map<string, bigint> {
  const largest = new Map<string, bigint>()
  for (const {currency, placed} of rows) {
    if (placed.total > (largest.get(currency) ?? 0n)) largest.set(currency, placed.total)
  }
  return largest
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** As long as the total is in comparison to the largest one of its currency, to an eighth of a cell. */
function drawBar(total: bigint, largest: bigint, width: number): string {
  if (largest === 0n) return ''
  const length = Number((total * BigInt(width * 8)) / largest)
  return '█'.repeat(Math.floor(length / 8)) + (eighths[length % 8] ?? '')
}

function describeKey({key, name}: SalesRow, by: Grouping): string {
  if (by === 'day') return String(key).slice(0, 10)
  if (by === 'hour') return formatTime(String(key)).slice(0, 16)
  return by === 'product' ? `${key} ${printable(name ?? '')}` : printable(name ?? '')
}

/** A line for the period, and one for each currency. */
export function describeTotals({from, to, totals}: SalesReport): string[] {
  const period = `${formatTime(from)} to ${formatTime(to)} UTC`
  if (totals.length === 0) return [`No orders from ${period}. For another time, pass --from and --to.`]
  return [
    `From ${period}:`,
    ...totals.flatMap(({currency, placed, cancelled}) => {
      const sold = `${formatMoney(placed.total, currency)} from ${countOrders(placed)}, ${formatCount(placed.units)} units`
      if (cancelled.orders === 0) return [`  ${sold}`]
      return [
        `  ${sold}`,
        `    and ${formatMoney(cancelled.total, currency)} from ${countOrders(cancelled)} that ${plural(cancelled.orders, 'was', 'were')} cancelled`,
      ]
    }),
  ]
}

function countOrders({orders}: Sales): string {
  return `${formatCount(orders)} ${plural(orders, 'order')}`
}

const salesColumns = [
  'currency',
  'orders',
  'units',
  'total',
  'cancelled_orders',
  'cancelled_units',
  'cancelled_total',
] as const

export function csvColumns(by: Grouping): string[] {
  return [...(by === 'day' || by === 'hour' ? [by] : [`${by}_id`, by]), ...salesColumns]
}

export function csvCells({key, name, currency, placed, cancelled}: SalesRow, by: Grouping): CsvCell[] {
  const keys: CsvCell[] =
    by === 'day' ? [{raw: String(key).slice(0, 10)}] : by === 'hour' ? [{raw: String(key)}] : [Number(key), name]
  const sales = [placed, cancelled].flatMap(({orders, units, total}) => [
    orders,
    units,
    {raw: formatAmount(total, currency)},
  ])
  return [...keys, currency, ...sales]
}
