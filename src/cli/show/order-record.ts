import {formatAmount} from '../../money.ts'
import type {ListedOrder} from '../../services/orders/list.ts'
import type {OrderRecord} from '../../services/orders/record.ts'
import {describeOperator, formatDelta, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

/** `Order 5 of matt, placed 2026-04-18 19:07:52 UTC: 12.34 USD, cancelled.` */
export function describeOrder({id, username, createdAt, total, currency, status, isImported}: OrderRecord): string {
  const origin = isImported ? 'imported, placed' : 'placed'
  const placed = `${origin} ${formatTime(createdAt)} UTC`
  return `Order ${id} of ${printable(username)}, ${placed}: ${formatMoney(total, currency)}, ${status}.`
}

/** `Cancelled 2026-04-18 19:07:52 UTC by anna: changed their mind`. Nothing for an order that no operator cancelled. */
export function describeCancellation({status, cancellation}: ListedOrder): string[] {
  if (!cancellation) return []
  const {createdAt, operator, note} = cancellation
  const what = status === 'cancelled' ? 'Cancelled' : 'Cancellation asked for'
  return [`  ${what} ${formatTime(createdAt)} UTC by ${describeOperator(operator, note)}`]
}

export const lineColumns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Product', wraps: true},
  {head: 'Price', align: 'right'},
  {head: 'Quantity', align: 'right'},
  {head: 'Total', align: 'right'},
]

export function lineRows({lines, currency}: OrderRecord): string[][] {
  return lines.map(({productId, productName, unitPrice, quantity}) => [
    String(productId),
    printable(productName),
    formatAmount(unitPrice, currency),
    String(quantity),
    formatAmount(unitPrice * quantity, currency),
  ])
}

export const movementColumns: Column[] = [
  {head: 'Moved (UTC)', wraps: true},
  {head: 'Product', align: 'right'},
  {head: 'Pool', wraps: true},
  {head: 'Reason'},
  {head: 'Stock', align: 'right'},
  {head: 'By', wraps: true},
]

export function movementRows({movements}: OrderRecord): string[][] {
  return movements.map(({createdAt, productId, pool, reason, delta, operator, note}) => [
    formatTime(createdAt),
    String(productId),
    printable(pool),
    reason,
    formatDelta(delta),
    describeOperator(operator, note),
  ])
}

/** What a cancelled order returned to stock: a line for each product and pool. */
export function describeReturns({movements, isImported}: OrderRecord): string[] {
  if (isImported) return ['The order was imported. It took its stock in another system, so none is returned here.']
  return movements
    .filter(({reason}) => reason === 'cancel')
    .map(({productId, pool, delta}) => `  Returned ${delta} of product ${productId} to stock pool ${printable(pool)}.`)
}
