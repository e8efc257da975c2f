import {createHash, randomUUID} from 'node:crypto'

import {InvalidOrderError, type OrderProblem} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {hashToken} from '../accounts/tokens.ts'

export type OrderItem = {
  productId: number
  quantity: number
}

/** An order as it arrives. */
export type NewOrder = {
  /** Made before the transaction, so that after a lost COMMIT the order can be looked for. */
  requestId: string
  userId: number
  currency: Currency
  items: OrderItem[]
  /** In minor units: an order that would cost anything else is refused. */
  expectedTotal?: number
  idempotency?: {key: string; fingerprint: string}
  /** Of a token of the user, which must hold when the order is decided. */
  tokenHash?: Buffer
}

/** What a confirmation says: nothing of it ever changes, so that a replay says the same. */
export type PlacedOrder = {
  id: number
  currency: Currency
  /** In minor units of the currency. */
  total: number
  createdAt: string
}

/** `isReplay` where an earlier request with the same idempotency key placed the order. */
export type Placement = {order: PlacedOrder; isReplay: boolean}

/** Throws InvalidOrderError for an order that no stock could fulfil: empty, a product twice, a quantity below 1. */
export function newOrder(request: {
  userId: number
  currency: Currency
  items: OrderItem[]
  expectedTotal?: number
  idempotencyKey?: string
  uncheckedToken?: string | undefined
}): NewOrder {
  const {userId, currency, items, expectedTotal, idempotencyKey, uncheckedToken} = request
  const problems = findProblems(items)
  if (problems.length > 0) throw new InvalidOrderError(problems)

  return {
    requestId: randomUUID(),
    userId,
    currency,
    items,
    ...(expectedTotal !== undefined && {expectedTotal}),
    ...(uncheckedToken !== undefined && {tokenHash: hashToken(uncheckedToken)}),
    ...(idempotencyKey !== undefined && {
      idempotency: {key: idempotencyKey, fingerprint: fingerprint(currency, items)},
    }),
  }
}

function findProblems(items: OrderItem[]): OrderProblem[] {
  if (items.length === 0) return [{message: 'At least one product should be in an order.'}]
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
 * The same for the same items in any order: what a repeated request must not change. An expected total is no part of
 * it: it is a condition of the order, which held when it was placed, and prices may have changed since.
 */
function fingerprint(currency: Currency, items: OrderItem[]): string {
  const canonical = items.map(({productId, quantity}) => `${productId}:${quantity}`).sort()
  return createHash('sha256')
    .update([currency, ...canonical].join(' '))
    .digest('base64url')
}
