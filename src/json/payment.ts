import type {z} from 'zod'

import type {NextAction} from '../gateways/gateway.ts'
import {type Currency, formatAmount} from '../money.ts'
import type {PaymentMethod} from '../services/payments/methods.ts'
import type {Payment, PaymentStatus} from '../services/payments/payment.ts'
import type {Refund} from '../services/payments/refunds.ts'
import type * as schemas from './schemas.ts'

export type PaymentMethodJson = z.output<typeof schemas.PaymentMethod>

export function paymentMethodJson({id, brand, last4, expiry, isDefault, createdAt}: PaymentMethod): PaymentMethodJson {
  return {id, brand, last4, expiry, is_default: isDefault, created_at: createdAt}
}

export type NextActionJson = z.output<typeof schemas.NextAction>

/** `toUrl` makes an address absolute: those of the test provider are paths of the shop. */
export function nextActionJson(action: NextAction | null, toUrl: (url: string) => string): NextActionJson | null {
  if (!action) return null
  return action.type === 'redirect'
    ? {type: 'redirect', url: toUrl(action.url)}
    : {type: 'client_secret', client_secret: action.clientSecret}
}

export type AmountsJson = {amount: string; captured: string; refunded: string; currency: string}

export function amountsJson(payment: Pick<Payment, 'amount' | 'captured' | 'currency' | 'refunded'>): AmountsJson {
  const {amount, captured, refunded, currency} = payment
  return {
    amount: formatAmount(amount, currency),
    captured: formatAmount(captured, currency),
    refunded: formatAmount(refunded, currency),
    currency,
  }
}

export type RefundJson = z.output<typeof schemas.Refund>

export function refundJson({id, amount, state, failure, createdAt}: Refund, currency: Currency): RefundJson {
  return {id, amount: formatAmount(amount, currency), state, failure, created_at: createdAt}
}

/** A refund as operators see it. */
export type RefundRecordJson = RefundJson & {operator: string | null; note: string | null}

export function refundRecordJson(refund: Refund, currency: Currency): RefundRecordJson {
  const {operator, note} = refund
  return {...refundJson(refund, currency), operator, note}
}

export type PaymentJson = z.output<typeof schemas.Payment>

export function paymentJson(
  payment: Payment,
  {status, refunds, toUrl}: {status: PaymentStatus; refunds: Refund[]; toUrl: (url: string) => string},
): PaymentJson {
  const {orderId, state, brand, last4, declineCode, nextAction, dueAt, createdAt, updatedAt} = payment
  return {
    order_id: orderId,
    payment_status: status,
    state,
    ...amountsJson(payment),
    method: {brand, last4},
    decline_code: declineCode,
    next_action: nextActionJson(nextAction, toUrl),
    due_at: dueAt,
    created_at: createdAt,
    updated_at: updatedAt,
    refunds: refunds.map((refund) => refundJson(refund, payment.currency)),
  }
}
