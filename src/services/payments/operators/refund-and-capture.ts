import type {Knex} from 'knex'

import {
  DuplicateRefundError,
  IdempotencyKeyReusedError,
  NoPaymentProviderError,
  PaymentStateError,
  RefundTooLargeError,
  UnknownOrderError,
} from '../../../errors.ts'
import type {Gateway} from '../../../gateways/gateway.ts'
import type {Operator} from '../../operator.ts'
import {findOrderRecord} from '../../orders/record.ts'
import {captureAuthorized, type WorkOptions} from '../advance.ts'
import {refundReference} from '../keys.ts'
import {type LockedPayment, lockPayment} from '../operations.ts'
import {findPaymentOfOrder, isPaid, type Payment} from '../payment.ts'
import {
  addRefund,
  advanceRefund,
  findRefundByReference,
  findRefunds,
  findSimilarRefund,
  type Refund,
  refundable,
} from '../refunds.ts'

export type NewRefund = {
  orderId: number
  /** In minor units; all that is left by default. */
  amount?: number | undefined
  /** Without an amount, not more than this of what is left. */
  most?: number | undefined
  /** The same refund of this order again has the same key, and any other refund another one. */
  idempotencyKey?: string | undefined
}

/**
 * Refunds a part of what was paid for an order, or all that is left of it, and leaves its stock as it is. `isReplay` if an
 * earlier call with the same key asked for the refund. Throws UnknownOrderError, PaymentStateError, RefundTooLargeError,
 * NoPaymentProviderError, IdempotencyKeyReusedError, or DuplicateRefundError for a part without a key that may have been refunded
 * already. A refund that the provider refused is in the result.
 */
export async function refundOrder(
  db: Knex,
  gateway: Gateway,
  wanted: NewRefund,
  signal: AbortSignal,
  operator?: Operator,
): Promise<{refund: Refund; isReplay: boolean}> {
  const {id, paymentId, isReplay} = await db.transaction(
    async (trx) => {
      const {orderId} = wanted
      const [order] = await trx('orders').where({id: orderId}).forUpdate().select<{id: number}[]>('id')
      if (!order) throw new UnknownOrderError(orderId)
      const payment = await lockPayment(trx, orderId)
      if (!payment || !isPaid(payment)) throw new PaymentStateError(orderId, payment?.state ?? 'none', 'refunded')
      requireProvider(payment, gateway)
      return {...(await requestRefund(trx, payment, wanted, operator)), paymentId: payment.id}
    },
    {isolationLevel: 'read committed'},
  )
  await advanceRefund(db, gateway, id, {signal})
  const refund = (await findRefunds(db, paymentId)).find((made) => made.id === id)
  if (!refund) throw new Error('A refund that was written is missing.')
  return {refund, isReplay}
}

async function requestRefund(
  trx: Knex.Transaction,
  payment: LockedPayment,
  {orderId, amount, most, idempotencyKey}: NewRefund,
  operator: Operator | undefined,
): Promise<{id: number; isReplay: boolean}> {
  const {id: paymentId, currency} = payment
  const reference = idempotencyKey === undefined ? undefined : refundReference(payment.reference, idempotencyKey)
  if (reference !== undefined) {
    const earlier = await findRefundByReference(trx, paymentId, reference)
    if (earlier && amount !== undefined && amount !== earlier.amount) throw new IdempotencyKeyReusedError('refund')
    if (earlier) return {id: earlier.id, isReplay: true}
  } else if (amount !== undefined) {
    const similar = await findSimilarRefund(trx, paymentId, amount)
    if (similar) throw new DuplicateRefundError({orderId, amount, currency}, similar)
  }
  const left = await refundable(trx, paymentId)
  const wanted = amount ?? Math.min(left, most ?? left)
  if (wanted > left || wanted < 1) throw new RefundTooLargeError({orderId, amount: wanted, left, currency})
  return {id: await addRefund(trx, {paymentId, amount: wanted, reference}, operator), isReplay: false}
}

/** Charges what was reserved for an order. Throws UnknownOrderError, PaymentStateError or NoPaymentProviderError. */
export async function captureOrder(
  db: Knex,
  gateway: Gateway,
  orderId: number,
  options: WorkOptions,
): Promise<Payment> {
  const payment = await findPaymentOfOrder(db, orderId)
  if (!payment) {
    await findOrderRecord(db, orderId)
    throw new PaymentStateError(orderId, 'none', 'captured')
  }
  if (payment.state !== 'authorized') throw new PaymentStateError(orderId, payment.state, 'captured')
  requireProvider(payment, gateway)
  return captureAuthorized(db, gateway, payment, options)
}

/** A shop that has changed to another provider has payments of both. */
function requireProvider({provider}: Pick<Payment, 'provider'>, gateway: Gateway): void {
  if (provider !== gateway.name) throw new NoPaymentProviderError(provider)
}
