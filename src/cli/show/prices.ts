import {type Currency, formatAmount} from '../../money.ts'
import type {Price} from '../../services/products/prices.ts'
import {formatMoney, formatTime} from './format.ts'
import type {Column} from './table.ts'

export const priceColumns: Column[] = [
  {head: 'Currency'},
  {head: 'Price', align: 'right'},
  {head: 'From (UTC)', wraps: true},
  {head: 'Status'},
]

export function priceRow({currency, amount, effectiveFrom, status}: Price): string[] {
  return [currency, formatAmount(amount, currency), formatTime(effectiveFrom), status]
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
