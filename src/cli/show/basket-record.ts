import {formatAmount} from '../../money.ts'
import type {BasketProblem} from '../../services/baskets/basket.ts'
import type {BasketSummary} from '../../services/baskets/list.ts'
import type {BasketRecord} from '../../services/baskets/record.ts'
import {formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

export const summaryColumns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'User', wraps: true},
  {head: 'Status'},
  {head: 'Items', align: 'right'},
  {head: 'Held (UTC)', wraps: true},
  {head: 'Total', align: 'right', wraps: true},
  {head: 'Changed (UTC)', wraps: true},
]

export function summaryRow({
  id,
  username,
  status,
  items,
  total,
  currency,
  updatedAt,
  ...held
}: BasketSummary): string[] {
  return [
    String(id),
    printable(username),
    status,
    String(items),
    describeHeld(held),
    formatMoney(total, currency),
    formatTime(updatedAt),
  ]
}

/** `3 until 2026-04-18 19:07:52`, or `3, 1 expired 2026-04-18 19:07:52` */
function describeHeld({held, expired, nextExpiry}: Pick<BasketSummary, 'expired' | 'held' | 'nextExpiry'>): string {
  if (nextExpiry === null) return String(held)
  return `${held}${expired > 0 ? `, ${expired} expired` : ' until'} ${formatTime(nextExpiry)}`
}

/** `Basket 12 of matt, changed 2026-04-18 19:07:52 UTC: 12.34 USD, open.` */
export function describeBasket(basket: BasketRecord): string {
  const {id, username, updatedAt, total, currency, status, orderId} = basket
  const state = orderId === null ? status : `ordered as order ${orderId}`
  return `Basket ${id} of ${printable(username)}, changed ${formatTime(updatedAt)} UTC: ${formatMoney(total, currency)}, ${state}.`
}

export const lineColumns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Product', wraps: true},
  {head: 'Price', align: 'right'},
  {head: 'Quantity', align: 'right'},
  {head: 'Total', align: 'right'},
  {head: 'Held', align: 'right'},
  {head: 'Problems', wraps: true},
]

export function lineRows({items, currency}: BasketRecord): string[][] {
  return items.map(({productId, name, price, quantity, lineTotal, held, problems}) => [
    String(productId),
    printable(name),
    price === null ? '' : formatAmount(price, currency),
    String(quantity),
    lineTotal === null ? '' : formatAmount(lineTotal, currency),
    String(held),
    problems.map((problem) => describeProblem(problem, currency)).join('\n'),
  ])
}

function describeProblem(problem: BasketProblem, currency: string): string {
  switch (problem.code) {
    case 'not_held':
      return 'not held'
    case 'out_of_stock':
      return `only ${problem.available} available`
    case 'price_changed':
      return `price was ${formatAmount(problem.was, currency)}`
    case 'quantity_limit':
      return `at most ${problem.max} per order`
    case 'unavailable':
      return 'not for sale'
  }
}

export const holdColumns: Column[] = [
  {head: 'Product', align: 'right'},
  {head: 'Pool', wraps: true},
  {head: 'Units', align: 'right'},
  {head: 'Held since (UTC)', wraps: true},
  {head: 'Expires (UTC)', wraps: true},
  {head: 'Status'},
]

export function holdRows({holds}: BasketRecord): string[][] {
  return holds.map(({productId, pool, quantity, heldSince, expiresAt, isExpired}) => [
    String(productId),
    printable(pool),
    String(quantity),
    formatTime(heldSince),
    formatTime(expiresAt),
    isExpired ? 'expired' : 'held',
  ])
}
