import {createHash} from 'node:crypto'

import {InvalidOrderError, type OrderProblem} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {hashToken} from '../accounts/tokens.ts'
import type {Charge} from '../payments/charge.ts'
import {newRequestId} from './request-id.ts'

/** The most items of an order, unless configured otherwise. Each of them is a lock while the order is placed. */
export const defaultOrderItems = 100

export type OrderItem = {
  productId: number
  quantity: number
}

/** An order that has not been decided yet. */
export type NewOrder = {
  kind: 'order'
  /** Made before the transaction, so that the order can be looked up after a lost COMMIT. */
  requestId: string
  userId: number
  currency: Currency
  items: OrderItem[]
  /** In minor units. An order with another total is refused. */
  expectedTotal?: number
  idempotency?: {key: string; fingerprint: string}
  /** Without one, the order is not paid through the shop. */
  charge?: Charge
  /** The hash of the user's token, which must be valid when the order is decided. */
  tokenHash?: Buffer
  /** Who placed it with a command. */
  operator?: string
}

/** The content of a confirmation. It never changes, so a replay gets the same one. */
export type PlacedOrder = {
  id: number
  currency: Currency
  /** In minor units of the currency. */
  total: number
  createdAt: string
  /** Of an order that this call placed, if it is to be paid. */
  paymentId?: number
}

/** `isReplay` if an earlier request with the same idempotency key placed the order. */
export type Placement = {order: PlacedOrder; isReplay: boolean}

/** Throws InvalidOrderError if the order is empty or too long, or has a product twice or a quantity below 1. */
export function newOrder(request: {
  userId: number
  currency: Currency
  items: OrderItem[]
  maxItems?: number
  expectedTotal?: number
  idempotencyKey?: string
  charge?: Charge | undefined
  token?: string | undefined
  operator?: string
}): NewOrder {
  const {userId, currency, items, maxItems = defaultOrderItems, expectedTotal} = request
  const {charge, idempotencyKey, operator, token} = request
  requireItems(items, maxItems)
  return {
    kind: 'order',
    requestId: newRequestId(),
    userId,
    currency,
    items,
    ...(expectedTotal !== undefined && {expectedTotal}),
    ...(charge && {charge}),
    ...(operator !== undefined && {operator}),
    ...(token !== undefined && {tokenHash: hashToken(token)}),
    ...(idempotencyKey !== undefined && {
      idempotency: {key: idempotencyKey, fingerprint: fingerprintOf(withMethod(currency, charge), items)},
    }),
  }
}

/** The same order with another payment method is another order. */
export function withMethod(what: string, charge: Charge | undefined): string {
  const named = charge?.named ?? charge?.method?.id
  return named === undefined ? what : `${what} paid with ${named}`
}

/** Throws InvalidOrderError if there are no items or too many, or one has a product twice or a quantity below 1. */
export function requireItems(items: OrderItem[], maxItems: number): void {
  const problems = findProblems(items, maxItems)
  if (problems.length > 0) throw new InvalidOrderError(problems)
}

function findProblems(items: OrderItem[], maxItems: number): OrderProblem[] {
  if (items.length === 0) return [{message: 'At least one product should be in an order.'}]
  if (items.length > maxItems) return [{message: `An order may have at most ${maxItems} items, not ${items.length}.`}]
  const tooSmall = items.flatMap(({quantity}, position): OrderProblem[] =>
    quantity < 1 ? [{position, field: 'quantity', message: 'Ensure this value is greater than or equal to 1.'}] : [],
  )
  if (tooSmall.length > 0) return tooSmall
  if (new Set(items.map(({productId}) => productId)).size < items.length) {
    return [{message: 'Duplicate product specified in the same order.'}]
  }
  return []
}

/**
 * Identifies what a repeated request must not change: what it asks for, such as the currency of an order, and the items, in
 * any order. The expected total is not included: it was a condition when the order was placed, and prices may have changed
 * since.
 */
export function fingerprintOf(what: string, items: OrderItem[]): string {
  const canonical = items.map(({productId, quantity}) => `${productId}:${quantity}`).sort()
  return createHash('sha256')
    .update([what, ...canonical].join(' '))
    .digest('base64url')
}
