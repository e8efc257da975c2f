import {formatAmount} from '../money.ts'
import type {ScheduledPrices} from '../services/products/cancel-prices.ts'
import type {ChangeCount, ChangedPrice} from '../services/products/change-prices.ts'
import type {Price} from '../services/products/prices.ts'

export type PriceJson = {
  id: number
  price: string
  currency: string
  effective_from: string
  status: Price['status']
  operator: string | null
  note: string | null
}

export type PriceListJson = {product_id: number; prices: PriceJson[]}

/** A price that was just set. `price_now` is what the product costs now; null if it has no price yet. */
export type SetPriceJson = PriceJson & {product_id: number; price_now: string | null}

export function priceJson({id, amount, currency, effectiveFrom, status, operator, note}: Price): PriceJson {
  return {
    id,
    price: formatAmount(amount, currency),
    currency,
    effective_from: effectiveFrom,
    status,
    operator,
    note,
  }
}

export function setPriceJson(price: Price): SetPriceJson {
  const {productId, currency, amountNow} = price
  const now = amountNow === null ? null : formatAmount(amountNow, currency)
  return {product_id: productId, ...priceJson(price), price_now: now}
}

/** What a change of many prices did, or would do. `changes` has the first of them. */
export type ChangedPricesJson = {
  applied: boolean
  currency: string
  /** Null for now. */
  effective_from: string | null
  changed: number
  unchanged: number
  changes: {product_id: number; name: string; before: string; after: string}[]
}

type ChangedPrices = ChangeCount & {
  currency: string
  isApplied: boolean
  effectiveFrom: string | undefined
  changes: ChangedPrice[]
}

export function changedPricesJson(prices: ChangedPrices): ChangedPricesJson {
  const {isApplied, currency, effectiveFrom = null, changed, unchanged, changes} = prices
  return {
    applied: isApplied,
    currency,
    effective_from: effectiveFrom,
    changed,
    unchanged,
    changes: changes.map(({productId, name, before, after}) => ({
      product_id: productId,
      name,
      before: formatAmount(before, currency),
      after: formatAmount(after, currency),
    })),
  }
}

/** Scheduled prices that were cancelled. `prices` has the first of them. */
export type CancelledPricesJson = {count: number; prices: (PriceJson & {product_id: number})[]}

export function cancelledPricesJson({count, prices}: ScheduledPrices): CancelledPricesJson {
  return {count, prices: prices.map((price) => ({product_id: price.productId, ...priceJson(price)}))}
}
