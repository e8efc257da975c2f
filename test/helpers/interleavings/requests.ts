import type {Shortage} from '../../../src/errors.ts'
import type {OrderItem} from '../../../src/services/checkout/new-order.ts'
import type {StockAdjustment} from '../../../src/services/stock/adjust.ts'

export type OrderRequest = {kind: 'order'; userId: number; items: OrderItem[]; key: string | undefined}
/** By its owner or a stranger; without a userId by an operator. */
export type CancelRequest = {kind: 'cancel'; orderId: number; userId: number | undefined}
export type AdjustRequest = {kind: 'adjust'} & StockAdjustment
export type AuditRequest = {kind: 'audit'}

/** What any process of the shop can be asked for; a server over HTTP for orders and their users' cancellations only. */
export type ShopRequest = OrderRequest | CancelRequest | AdjustRequest | AuditRequest

export type Placed = {kind: 'placed'; orderId: number; total: number; createdAt: string; isReplay: boolean}
export type Refused = {kind: 'refused'; code: string; shortages: Shortage[]}

export type Answer =
  | Placed
  | Refused
  | {kind: 'cancelled'}
  | {kind: 'adjusted'; before: number; after: number}
  | {kind: 'audited'; findings: string[]}
  /** No answer of the shop: a bug, or a connection that broke. */
  | {kind: 'failed'; message: string}

/** A request and its answer, sent and received at moments of one clock that all requests share. */
export type Told<R extends ShopRequest = ShopRequest> = {
  via: number
  request: R
  sentAt: number
  answer: Answer
  answeredAt: number
}

/** The same for the same items in any order, as a repeat may have them. */
export function contentOf(items: OrderItem[]): string {
  return items
    .map(({productId, quantity}) => `${productId}:${quantity}`)
    .sort()
    .join(' ')
}
