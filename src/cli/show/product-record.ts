import {formatAmount} from '../../money.ts'
import type {ProductRecord} from '../../services/products/product-record.ts'
import type {ProductState} from '../../services/products/products.ts'
import {describeOperator, formatDelta, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

/** `Product 6, Rice (SKU RICE-1), created 2026-04-18 19:07:52 UTC: enabled.` */
export function describeProduct({id, name, sku, createdAt, ...state}: ProductRecord): string {
  return `Product ${id}, ${printable(name)}${describeSku(sku)}, created ${formatTime(createdAt)} UTC: ${describeState(state)}.`
}

/** ` (SKU RICE-1)` */
export function describeSku(sku: string | null): string {
  return sku === null ? '' : ` (SKU ${printable(sku)})`
}

/** `enabled, at most 3 per order` */
export function describeState({enabled, maxPerOrder}: Pick<ProductState, 'enabled' | 'maxPerOrder'>): string {
  return `${enabled ? 'enabled' : 'disabled'}${maxPerOrder === null ? '' : `, at most ${maxPerOrder} per order`}`
}

export const currentPriceColumns: Column[] = [
  {head: 'Currency'},
  {head: 'Current price', align: 'right'},
  {head: 'Since (UTC)', wraps: true},
]

export function currentPriceRows({prices}: ProductRecord): string[][] {
  return prices.map(({currency, amount, effectiveFrom}) => [
    currency,
    formatAmount(amount, currency),
    formatTime(effectiveFrom),
  ])
}

export const stockColumns: Column[] = [
  {head: 'Pool', wraps: true},
  {head: 'On hand', align: 'right'},
  {head: 'Held', align: 'right'},
  {head: 'Free', align: 'right'},
  {head: 'Next expiry (UTC)', wraps: true},
]

export function stockRows({stock}: ProductRecord): string[][] {
  return stock.map(({pool, onHand, reserved, free, nextExpiry}) => [
    printable(pool),
    String(onHand),
    String(reserved),
    String(free),
    nextExpiry === null ? '' : formatTime(nextExpiry),
  ])
}

export const movementColumns: Column[] = [
  {head: 'Moved (UTC)', wraps: true},
  {head: 'Pool', wraps: true},
  {head: 'Reason'},
  {head: 'Order', align: 'right'},
  {head: 'Stock', align: 'right'},
  {head: 'By', wraps: true},
]

export function movementRows({movements}: ProductRecord): string[][] {
  return movements.map(({createdAt, pool, reason, orderId, delta, operator, note}) => [
    formatTime(createdAt),
    printable(pool),
    reason,
    orderId === null ? '' : String(orderId),
    formatDelta(delta),
    describeOperator(operator, note),
  ])
}
