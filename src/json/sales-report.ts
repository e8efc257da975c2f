import {formatAmount} from '../money.ts'
import type {Grouping, Sales, SalesReport, SalesRow} from '../services/shop/report.ts'

type SalesJson = {orders: number; units: number; total: string}

type RowJson = SalesJson & {currency: string; cancelled: SalesJson}

export type SalesReportJson = {
  by: Grouping
  from: string
  /** Not included. */
  to: string
  totals: RowJson[]
  results: (RowJson & ({day: string} | {hour: string} | {product: Named} | {user: Named}))[]
}

type Named = {id: number; name: string}

export function salesReportJson({from, to, totals, rows}: SalesReport, by: Grouping): SalesReportJson {
  return {
    by,
    from,
    to,
    totals: totals.map(rowJson),
    results: rows.map((row) => ({...keyJson(row, by), ...rowJson(row)})),
  }
}

function keyJson(
  {key, name}: SalesRow,
  by: Grouping,
): {day: string} | {hour: string} | {product: Named} | {user: Named} {
  if (by === 'day') return {day: String(key).slice(0, 10)}
  if (by === 'hour') return {hour: String(key)}
  const named = {id: Number(key), name: name ?? ''}
  return by === 'product' ? {product: named} : {user: named}
}

function rowJson({currency, placed, cancelled}: SalesRow): RowJson {
  const sales = ({orders, units, total}: Sales): SalesJson => ({orders, units, total: formatAmount(total, currency)})
  return {currency, ...sales(placed), cancelled: sales(cancelled)}
}
