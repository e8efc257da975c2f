import {type Currency, formatAmount} from '../../money.ts'
import type {ChangeCount, ChangedPrice} from '../../services/products/change-prices.ts'
import type {Price} from '../../services/products/prices.ts'
import {countOf, plural} from '../../text.ts'
import {describeOperator, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

export const priceColumns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Currency'},
  {head: 'Price', align: 'right'},
  {head: 'From (UTC)', wraps: true},
  {head: 'Status'},
  {head: 'By', wraps: true},
]

export function priceRow({id, currency, amount, effectiveFrom, status, operator, note}: Price): string[] {
  return [
    String(id),
    currency,
    formatAmount(amount, currency),
    formatTime(effectiveFrom),
    status,
    describeOperator(operator, note),
  ]
}

/** Says when a price that was just set applies and, unless that is now, what the product costs now. */
export function describePrice({productId, currency, amount, effectiveFrom, status, amountNow}: Price): string {
  const price = formatMoney(amount, currency)
  if (status === 'current') return `Product ${productId} costs ${price} now.`
  const now = amountNow === null ? `has no price in ${currency}` : `costs ${formatMoney(amountNow, currency)}`
  const from = `${formatTime(effectiveFrom)} UTC`
  if (status === 'scheduled') return `Product ${productId} will cost ${price} from ${from}. Until then it ${now}.`
  return `Product ${productId} cost ${price} from ${from}. It now ${now}.`
}

export function describeNoPrices(productId: number, currency: Currency | undefined): string {
  const command = `shop set-price ${productId} AMOUNT`
  if (currency === undefined) return `No prices. To set one, run: ${command}`
  return `No prices in ${currency}. To set one, run: ${command} --currency ${currency}`
}

/** `Product 6, Rice: 2.50 -> 2.63 USD` */
export function describeChange({productId, name, before, after}: ChangedPrice, currency: Currency): string {
  return `Product ${productId}, ${printable(name)}: ${formatAmount(before, currency)} -> ${formatMoney(after, currency)}`
}

type Outcome = {currency: Currency; isApplied: boolean; effectiveFrom: string | undefined}

/** `Changed 9 prices in USD. 1 price stays the same.` */
export function describeChangeCount(
  {changed, unchanged}: ChangeCount,
  {currency, isApplied, effectiveFrom}: Outcome,
): string {
  if (changed + unchanged === 0) return `No product has a price in ${currency} to change.`
  if (changed === 0)
    return `Nothing was changed: ${countOf(unchanged, 'price')} in ${currency} ${plural(unchanged, 'stays', 'stay')} the same.`
  const what = `${countOf(changed, 'price')} in ${currency}`
  const from = effectiveFrom === undefined ? '' : ` from ${formatTime(effectiveFrom)} UTC`
  const done = isApplied ? `Changed ${what}${from}.` : `Nothing was changed. ${what} would change${from}.`
  if (unchanged === 0) return done
  return `${done} ${countOf(unchanged, 'price')} ${plural(unchanged, 'stays', 'stay')} the same.`
}

/** `Product 6: 12.50 USD from 2027-01-01 00:00:00 UTC` */
export function describeScheduled({productId, amount, currency, effectiveFrom}: Price): string {
  return `Product ${productId}: ${formatMoney(amount, currency)} from ${formatTime(effectiveFrom)} UTC`
}
