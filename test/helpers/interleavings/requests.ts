import type {OrderItem} from '../../../src/services/checkout/new-order.ts'
import type {StockAdjustment} from '../../../src/services/stock/adjust.ts'
import type {Failed, Refused} from '../process-of-shop.ts'

export type OrderRequest = {kind: 'order'; userId: number; items: OrderItem[]; key: string | undefined}
/** From its owner or from a stranger; without a userId from an operator. */
export type CancelRequest = {kind: 'cancel'; orderId: number; userId: number | undefined}
export type AdjustRequest = {kind: 'adjust'} & StockAdjustment
export type AuditRequest = {kind: 'audit'}

/** A request to any process of the shop. A server over HTTP takes only orders and their users' cancellations. */
export type ShopRequest = OrderRequest | CancelRequest | AdjustRequest | AuditRequest

export type Placed = {kind: 'placed'; orderId: number; total: number; createdAt: string; isReplay: boolean}

export type Answer =
  | Placed
  | Refused
  | {kind: 'cancelled'}
  | {kind: 'adjusted'; before: number; after: number}
  | {kind: 'audited'; findings: string[]}
  | Failed

/** A request and its answer, with the moments of both on one clock that all requests share. */
export type Told<R extends ShopRequest = ShopRequest> = {
  via: number
  request: R
  sentAt: number
  answer: Answer
  answeredAt: number
}

/** Equal for the same items in any order, since a repeat may reorder them. */
export function contentOf(items: OrderItem[]): string {
  return items
    .map(({productId, quantity}) => `${productId}:${quantity}`)
    .sort()
    .join(' ')
}
