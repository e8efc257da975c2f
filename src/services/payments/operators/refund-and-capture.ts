import type {Knex} from 'knex'

import {NoPaymentProviderError, PaymentStateError, RefundTooLargeError, UnknownOrderError} from '../../../errors.ts'
import type {Gateway} from '../../../gateways/gateway.ts'
import type {Operator} from '../../operator.ts'
import {findOrderRecord} from '../../orders/record.ts'
import {captureAuthorized, type WorkOptions} from '../advance.ts'
import {lockPayment} from '../operations.ts'
import {findPaymentOfOrder, isPaid, type Payment} from '../payment.ts'
import {addRefund, advanceRefund, findRefunds, type Refund, refundable} from '../refunds.ts'

/**
 * Refunds a part of what was paid for an order, or all that is left of it, and leaves its stock as it is. Throws
 * UnknownOrderError, PaymentStateError, RefundTooLargeError or NoPaymentProviderError. A refund that the provider refused is in the result.
 */
export async function refundOrder(
  db: Knex,
  gateway: Gateway,
  {orderId, amount}: {orderId: number; amount?: number | undefined},
  signal: AbortSignal,
  operator?: Operator,
): Promise<Refund> {
  const refund = await db.transaction(
    async (trx) => {
      const [order] = await trx('orders').where({id: orderId}).forUpdate().select<{id: number}[]>('id')
      if (!order) throw new UnknownOrderError(orderId)
      const payment = await lockPayment(trx, orderId)
      if (!payment || !isPaid(payment)) throw new PaymentStateError(orderId, payment?.state ?? 'none', 'refunded')
      requireProvider(payment, gateway)
      const left = await refundable(trx, payment.id)
      const wanted = amount ?? left
      if (wanted > left || wanted < 1) {
        throw new RefundTooLargeError({orderId, amount: wanted, left, currency: payment.currency})
      }
      return {id: await addRefund(trx, {paymentId: payment.id, amount: wanted}, operator), paymentId: payment.id}
    },
    {isolationLevel: 'read committed'},
  )
  await advanceRefund(db, gateway, refund.id, {signal})
  const made = (await findRefunds(db, refund.paymentId)).find(({id}) => id === refund.id)
  if (!made) throw new Error('A refund that was written is missing.')
  return made
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
