import {formatAmount} from '../money.ts'
import type {Price} from '../services/products/prices.ts'

export type PriceJson = {
  price: string
  currency: string
  effective_from: string
  status: Price['status']
}

export type PriceListJson = {product_id: number; prices: PriceJson[]}

/** A price that was just set. `price_now` is what the product costs now; null if it has no price yet. */
export type SetPriceJson = PriceJson & {product_id: number; price_now: string | null}

export function priceJson({amount, currency, effectiveFrom, status}: Price): PriceJson {
  return {price: formatAmount(amount, currency), currency, effective_from: effectiveFrom, status}
}

export function setPriceJson(price: Price): SetPriceJson {
  const {productId, currency, amountNow} = price
  const now = amountNow === null ? null : formatAmount(amountNow, currency)
  return {product_id: productId, ...priceJson(price), price_now: now}
}
