import {formatAmount} from '../money.ts'
import type {BasketSummary} from '../services/baskets/list.ts'
import type {BasketRecord} from '../services/baskets/record.ts'
import {basketItemJson, type BasketJson} from './basket.ts'

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
  items: BasketJson['items']
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
    items: items.map((item) => basketItemJson(item, currency)),
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
