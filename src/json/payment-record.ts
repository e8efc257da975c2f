import type {PaymentSummary} from '../services/payments/operators/list.ts'
import type {PaidOrderRecord, PaymentRecord} from '../services/payments/operators/record.ts'
import {type OrderRecordJson, orderRecordJson} from './order.ts'
import {type AmountsJson, amountsJson, refundRecordJson, type RefundRecordJson} from './payment.ts'

/** A payment in the list that operators see. */
export type PaymentSummaryJson = AmountsJson & {
  id: number
  order_id: number
  user: string
  state: string
  provider: string
  provider_id: string | null
  next_try_at: string | null
  created_at: string
  updated_at: string
}

export function paymentSummaryJson(payment: PaymentSummary): PaymentSummaryJson {
  return {
    id: payment.id,
    order_id: payment.orderId,
    user: payment.username,
    state: payment.state,
    ...amountsJson(payment),
    provider: payment.provider,
    provider_id: payment.providerId,
    next_try_at: payment.nextTryAt,
    created_at: payment.createdAt,
    updated_at: payment.updatedAt,
  }
}

/** A payment as operators see it. Without what the buyer's client needs to act, which is a secret. */
export type PaymentRecordJson = AmountsJson & {
  id: number
  order_id: number
  state: string
  provider: string
  provider_id: string | null
  reference: string
  method: {brand: string; last4: string | null}
  capture: string
  decline_code: string | null
  is_cancel_requested: boolean
  due_at: string | null
  next_try_at: string | null
  created_at: string
  updated_at: string
  refunds: RefundRecordJson[]
  attempt_count: number
  attempts: {at: string; operation: string; event: string; outcome: string | null}[]
}

export function paymentRecordJson(payment: PaymentRecord): PaymentRecordJson {
  return {
    id: payment.id,
    order_id: payment.orderId,
    state: payment.state,
    ...amountsJson(payment),
    provider: payment.provider,
    provider_id: payment.providerId,
    reference: payment.reference,
    method: {brand: payment.brand, last4: payment.last4},
    capture: payment.capture,
    decline_code: payment.declineCode,
    is_cancel_requested: payment.isCancelRequested,
    due_at: payment.dueAt,
    next_try_at: payment.nextTryAt,
    created_at: payment.createdAt,
    updated_at: payment.updatedAt,
    refunds: payment.refunds.map((refund) => refundRecordJson(refund, payment.currency)),
    attempt_count: payment.attemptCount,
    attempts: payment.attempts,
  }
}

/** An order as operators see it. One that is not paid through the shop has no `payment`. */
export type PaidOrderRecordJson = OrderRecordJson & {payment?: PaymentRecordJson}

export function paidOrderRecordJson({order, payment}: PaidOrderRecord): PaidOrderRecordJson {
  return {...orderRecordJson(order), ...(payment && {payment: paymentRecordJson(payment)})}
}
