import type {z} from 'zod'

import type {Shortage as OrderShortage} from '../errors.ts'
import type {Login, Order, Page, PlacedOrder, Product, Shortage, TotalMismatch} from './schemas.ts'
import {formatAmount} from '../money.ts'

// The JSON that both edges give: HTTP to clients, commands under --json. Keys are those of the shop before this one;
// prices are strings with the currency's decimals. What clients get has its types from json-schemas.ts.

export type PageJson<T> = z.output<typeof Page> & {results: T[]}

export type ProductJson = z.output<typeof Product>

export type OrderJson = z.output<typeof Order>

/** An order as the commands give it: what a client sees, and what only those who run the shop do. */
export type OrderRecordJson = OrderJson & {
  user: string
  is_imported: boolean
  stock_movements: {created_at: string; product_id: number; pool: string; delta: number; reason: string}[]
}

export type PlacedOrderJson = z.output<typeof PlacedOrder>

export type LoginJson = z.output<typeof Login>

export type TotalMismatchJson = z.output<typeof TotalMismatch>

export type ShortageJson = z.output<typeof Shortage>

/** `link` gives the address of another page of the same list. */
export function pageJson<T, Json>(
  page: {count: number; page: number; pageCount: number; results: T[]},
  toJson: (item: T) => Json,
  link: (page: number) => string,
): PageJson<Json> {
  return {
    count: page.count,
    next: page.page < page.pageCount ? link(page.page + 1) : null,
    previous: page.page > 1 ? link(page.page - 1) : null,
    results: page.results.map(toJson),
  }
}

/** The same for a page whose neighbours are told by cursors. */
export function cursorPageJson<T, Json>(
  page: {count: number; next: string | null; previous: string | null; results: T[]},
  toJson: (item: T) => Json,
  link: (cursor: string) => string,
): PageJson<Json> {
  return {
    count: page.count,
    next: page.next === null ? null : link(page.next),
    previous: page.previous === null ? null : link(page.previous),
    results: page.results.map(toJson),
  }
}

export function productJson(product: {
  id: number
  name: string
  quantityInStock: number
  price: number
  currency: string
}): ProductJson {
  const {id, name, quantityInStock, price, currency} = product
  return {id, name, quantity_in_stock: quantityInStock, price: formatAmount(price, currency), currency}
}

type OrderFields = {
  id: number
  createdAt: string
  status: OrderJson['status']
  currency: string
  total: number
  lines: {productId: number; productName: string; unitPrice: number; quantity: number}[]
}

export function orderJson(order: OrderFields): OrderJson {
  return {
    id: order.id,
    created_at: order.createdAt,
    status: order.status,
    total_price: formatAmount(order.total, order.currency),
    currency: order.currency,
    items: order.lines.map(({productId, productName, unitPrice, quantity}) => ({
      product_id: productId,
      product: productName,
      product_price: formatAmount(unitPrice, order.currency),
      currency: order.currency,
      quantity,
    })),
  }
}

export function orderRecordJson(
  order: OrderFields & {
    username: string
    isImported: boolean
    movements: {createdAt: string; productId: number; pool: string; delta: number; reason: string}[]
  },
): OrderRecordJson {
  return {
    ...orderJson(order),
    user: order.username,
    is_imported: order.isImported,
    stock_movements: order.movements.map(({createdAt, productId, pool, delta, reason}) => ({
      created_at: createdAt,
      product_id: productId,
      pool,
      delta,
      reason,
    })),
  }
}

export function placedOrderJson(order: {
  id: number
  createdAt: string
  total: number
  currency: string
}): PlacedOrderJson {
  return {
    order_id: order.id,
    message: 'Successfully created order',
    created_at: order.createdAt,
    total_price: formatAmount(order.total, order.currency),
    currency: order.currency,
  }
}

/** What a buyer expected to pay, and what the order would cost. */
export function totalMismatchJson(mismatch: {
  expectedTotal: number
  total: number
  currency: string
}): TotalMismatchJson {
  const {expectedTotal, total, currency} = mismatch
  return {
    expected_total: formatAmount(expectedTotal, currency),
    total_price: formatAmount(total, currency),
    currency,
  }
}

export function shortageJson({productId, requested, available}: OrderShortage): ShortageJson {
  return {product_id: productId, requested, available}
}

export function loginJson({token, expiresAt}: {token: string; expiresAt: string}): LoginJson {
  return {token, expires_at: expiresAt}
}

// Products and prices as those who run the shop see them.

export type PriceJson = {
  price: string
  currency: string
  effective_from: string
  status: 'current' | 'past' | 'scheduled'
}

export type PriceListJson = {product_id: number; prices: PriceJson[]}

/** A price that was set, and what the product costs now: null where that is nothing yet. */
export type SetPriceJson = PriceJson & {product_id: number; price_now: string | null}

export type ProductRecordJson = {
  id: number
  name: string
  enabled: boolean
  created_at: string
  prices: PriceJson[]
  stock: {pool: string; on_hand: number; reserved: number}[]
  stock_movements: {created_at: string; pool: string; delta: number; reason: string; order_id: number | null}[]
}

type Price = {
  productId: number
  currency: string
  amount: number
  effectiveFrom: string
  status: PriceJson['status']
  amountNow: number | null
}

export function priceJson({amount, currency, effectiveFrom, status}: Price): PriceJson {
  return {price: formatAmount(amount, currency), currency, effective_from: effectiveFrom, status}
}

export function setPriceJson(price: Price): SetPriceJson {
  const {productId, currency, amountNow} = price
  const now = amountNow === null ? null : formatAmount(amountNow, currency)
  return {product_id: productId, ...priceJson(price), price_now: now}
}

export function productRecordJson(product: {
  id: number
  name: string
  enabled: boolean
  createdAt: string
  prices: Price[]
  stock: {pool: string; onHand: number; reserved: number}[]
  movements: {createdAt: string; pool: string; delta: number; reason: string; orderId: number | null}[]
}): ProductRecordJson {
  const {id, name, enabled, createdAt, prices, stock, movements} = product
  return {
    id,
    name,
    enabled,
    created_at: createdAt,
    prices: prices.map(priceJson),
    stock: stock.map(({pool, onHand, reserved}) => ({pool, on_hand: onHand, reserved})),
    stock_movements: movements.map(({createdAt: movedAt, pool, delta, reason, orderId}) => ({
      created_at: movedAt,
      pool,
      delta,
      reason,
      order_id: orderId,
    })),
  }
}
