import type {Knex} from 'knex'

import type {NextAction} from '../../gateways/gateway.ts'
import type {Currency} from '../../money.ts'
import {query} from '../../db/query.ts'

export type PaymentState =
  | 'authorized'
  | 'cancelled'
  | 'captured'
  | 'created'
  | 'declined'
  | 'mismatch'
  | 'partially_refunded'
  | 'processing'
  | 'refunded'
  | 'requires_action'
  | 'submitted'
  | 'unknown'

/** Of an order. `pending` is every state in which the provider may still decide either way. */
export type PaymentStatus = 'authorized' | 'failed' | 'none' | 'paid' | 'partially_refunded' | 'pending' | 'refunded'

export type Payment = {
  id: number
  /** A UUID, by which the provider knows it. */
  reference: string
  orderId: number
  userId: number
  /** The basket that the order was; null for an order without one. */
  basketId: number | null
  provider: string
  customerId: string
  /** The provider's id of the method. */
  providerMethodId: string
  /** Of the method, like the next one. */
  brand: string
  last4: string | null
  currency: Currency
  /** In minor units of the currency, like the next two. */
  amount: number
  captured: number
  refunded: number
  capture: 'automatic' | 'manual'
  returnUrl: string | null
  state: PaymentState
  /** The provider's id; null until it has answered. */
  providerId: string | null
  declineCode: string | null
  nextAction: NextAction | null
  /** Whether the buyer or an operator wants the order cancelled as soon as the provider allows it. */
  isCancelRequested: boolean
  /** When an action that nobody finished is given up. */
  dueAt: string | null
  createdAt: string
  updatedAt: string
}

/** The states in which something is still to be done, by us or by the provider. */
export const pendingStates = ['created', 'submitted', 'requires_action', 'processing', 'unknown'] as const

/** A payment may have been captured and refunded at the provider before that becomes known. */
const refunded = ['partially_refunded', 'refunded'] as const

/** States that a payment may go to, by the one that it is in. Only refunds can be taken back. */
export const transitions: Record<PaymentState, readonly PaymentState[]> = {
  created: ['submitted', 'cancelled'],
  submitted: [
    'requires_action',
    'processing',
    'unknown',
    'authorized',
    'captured',
    'declined',
    'cancelled',
    'mismatch',
    ...refunded,
  ],
  unknown: [
    'requires_action',
    'processing',
    'authorized',
    'captured',
    'declined',
    'cancelled',
    'mismatch',
    ...refunded,
  ],
  requires_action: ['processing', 'authorized', 'captured', 'declined', 'cancelled', 'mismatch', ...refunded],
  processing: ['authorized', 'captured', 'declined', 'cancelled', 'mismatch', ...refunded],
  authorized: ['captured', 'cancelled', 'mismatch', ...refunded],
  captured: [...refunded],
  // A refund may fail days after it succeeded.
  partially_refunded: ['captured', 'refunded'],
  refunded: ['captured', 'partially_refunded'],
  declined: [],
  cancelled: [],
  // An operator gave the money back at the provider, and cancelled the order.
  mismatch: ['cancelled'],
}

export const paymentStates = Object.keys(transitions) as PaymentState[]

export function isPaid({state}: Pick<Payment, 'state'>): boolean {
  return state === 'captured' || state === 'partially_refunded' || state === 'refunded'
}

export function statusOf(state: PaymentState): PaymentStatus {
  if (state === 'captured') return 'paid'
  if (state === 'declined' || state === 'cancelled') return 'failed'
  if (state === 'authorized' || state === 'partially_refunded' || state === 'refunded') return state
  return 'pending'
}

/** SQL for the columns of a payment. */
export const paymentColumns = `
  payments.id, payments.reference, order_id as "orderId", orders.user_id as "userId", basket_id as "basketId",
  payments.provider, payments.customer_id as "customerId", payment_methods.provider_id as "providerMethodId",
  brand, last4, payments.currency, amount, captured, refunded, capture, return_url as "returnUrl", state,
  payments.provider_id as "providerId", decline_code as "declineCode", next_action as "nextAction",
  cancel_requested as "isCancelRequested", due_at as "dueAt", payments.created_at as "createdAt",
  payments.updated_at as "updatedAt"`

export const joinedPayments = `
  payments
  join orders on orders.id = order_id
  join payment_methods on payment_methods.id = method_id`

const selectPayments = `select ${paymentColumns} from ${joinedPayments}`

export async function findPayment(db: Knex, id: number): Promise<Payment | undefined> {
  const [payment] = await query<Payment>(db, `${selectPayments} where payments.id = ?`, [id])
  return payment
}

export async function findPaymentOfOrder(db: Knex, orderId: number): Promise<Payment | undefined> {
  const [payment] = await query<Payment>(db, `${selectPayments} where order_id = ?`, [orderId])
  return payment
}
