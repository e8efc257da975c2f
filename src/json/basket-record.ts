import {formatAmount} from '../money.ts'
import type {BasketProblem} from '../services/baskets/basket.ts'
import type {BasketSummary} from '../services/baskets/list.ts'
import type {BasketRecord, BasketRecordItem} from '../services/baskets/record.ts'

/** A basket in the list that operators see. */
export type BasketSummaryJson = {
  id: number
  user: string
  status: string
  items: number
  held: number
  expired: number
  next_expiry: string | null
  total: string
  currency: string
  updated_at: string
}

export function basketSummaryJson(basket: BasketSummary): BasketSummaryJson {
  const {id, username, status, items, held, expired, nextExpiry, total, currency, updatedAt} = basket
  return {
    id,
    user: username,
    status,
    items,
    held,
    expired,
    next_expiry: nextExpiry,
    total: formatAmount(total, currency),
    currency,
    updated_at: updatedAt,
  }
}

/** A basket as operators see it. */
export type BasketRecordJson = {
  id: number
  user: string
  status: string
  order_id: number | null
  currency: string
  total: string
  created_at: string
  updated_at: string
  items: {
    product_id: number
    name: string
    quantity: number
    price: string | null
    line_total: string | null
    held: number
    held_until: string | null
    problems: ({code: string} & Record<string, unknown>)[]
  }[]
  holds: {
    product_id: number
    pool: string
    quantity: number
    held_since: string
    expires_at: string
    is_expired: boolean
  }[]
}

export function basketRecordJson(basket: BasketRecord): BasketRecordJson {
  const {id, username, status, orderId, currency, createdAt, updatedAt, items, total, holds} = basket
  return {
    id,
    user: username,
    status,
    order_id: orderId,
    currency,
    total: formatAmount(total, currency),
    created_at: createdAt,
    updated_at: updatedAt,
    items: items.map((item) => itemJson(item, currency)),
    holds: holds.map(({productId, pool, quantity, heldSince, expiresAt, isExpired}) => ({
      product_id: productId,
      pool,
      quantity,
      held_since: heldSince,
      expires_at: expiresAt,
      is_expired: isExpired,
    })),
  }
}

function itemJson(item: BasketRecordItem, currency: string): BasketRecordJson['items'][number] {
  const {productId, name, quantity, price, lineTotal, held, heldUntil, problems} = item
  return {
    product_id: productId,
    name,
    quantity,
    price: price === null ? null : formatAmount(price, currency),
    line_total: lineTotal === null ? null : formatAmount(lineTotal, currency),
    held,
    held_until: heldUntil,
    problems: problems.map((problem) => problemJson(problem, currency)),
  }
}

function problemJson(problem: BasketProblem, currency: string): {code: string} & Record<string, unknown> {
  return problem.code === 'price_changed' ? {...problem, was: formatAmount(problem.was, currency)} : problem
}
