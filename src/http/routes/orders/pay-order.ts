import type {Request} from 'express'
import type {Knex} from 'knex'

import {isUnavailable} from '../../../db/errors.ts'
import {PaymentDeclinedError, PaymentUnavailableError, ShopError, UnknownPaymentMethodError} from '../../../errors.ts'
import type {ProviderHealth} from '../../../gateways/health.ts'
import type {Placement} from '../../../services/checkout/new-order.ts'
import type {Charge} from '../../../services/payments/charge.ts'
import {findPaymentOfOrder, type Payment, type PaymentStatus, statusOf} from '../../../services/payments/payment.ts'
import type {AppContext, PaymentContext} from '../../context.ts'
import type {PaymentBody} from './payment-fields.ts'

/**
 * How an order is to be paid; undefined if it is not. A refusal waits for the transaction, so that a request which is
 * repeated gets the order that it placed, whatever has become of the method or the provider since.
 */
export async function readCharge(
  {payments}: Pick<AppContext, 'payments'>,
  userId: number,
  {payment_method: named, return_url: returnUrl}: PaymentBody,
): Promise<Charge | undefined> {
  if (!payments) return undefined
  const {isRequired, capture, gateway} = payments
  if (named === undefined) return isRequired ? {method: undefined, isRequired, capture, gateway} : undefined
  const found = await payments.findMethod({userId, method: named}).catch(asRefusal)
  const charge = {isRequired, capture, gateway, named, returnUrl}
  if (found instanceof ShopError) return {...charge, method: undefined, refusal: () => found}
  return {...charge, method: found, refusal: askOnce(payments.health)}
}

/**
 * While the provider is down, one payment is let through now and then. An order that is repeated or out of stock must not use
 * up its turn, and one that is decided twice has only one.
 */
function askOnce(health: ProviderHealth): () => PaymentUnavailableError | undefined {
  let isAdmitted: boolean | undefined
  return () => {
    isAdmitted ??= health.admits()
    return isAdmitted ? undefined : new PaymentUnavailableError()
  }
}

function asRefusal(error: unknown): UnknownPaymentMethodError {
  if (error instanceof UnknownPaymentMethodError) return error
  throw error
}

export type PaidOrder = {status: PaymentStatus; payment: Payment | undefined}

/**
 * Charges an order that was just placed, or tells how the payment of an earlier one is. Throws PaymentDeclinedError if nothing
 * was sold. Whatever is open when the time of the request is over is left to the background work.
 */
export async function payOrder(
  {db, log}: AppContext,
  payments: PaymentContext,
  {order, charge, isReplay, request}: Placement & {charge: Charge | undefined; request: Request},
): Promise<PaidOrder> {
  if (!isReplay && (!charge?.method || order.total === 0)) return {status: 'none', payment: undefined}
  try {
    const payment = await startPayment(db, payments, {order, isReplay, request})
    const status = payment ? statusOf(payment.state) : 'none'
    if (payment && status === 'failed') throw new PaymentDeclinedError(payment.declineCode ?? payment.state)
    return {status, payment}
  } catch (error) {
    // The order is placed. Its buyer can ask later whether it is paid.
    if (isReplay || !isUnavailable(error)) throw error
    log.error({err: error, order: order.id}, 'The payment of an order is left to the background work.')
    return {status: 'pending', payment: undefined}
  }
}

async function startPayment(
  db: Knex,
  {payNow, settings, signal, waitMs}: PaymentContext,
  {order, isReplay, request}: Placement & {request: Request},
): Promise<Payment | undefined> {
  // An earlier request may have placed the order, and ended before it was charged.
  const known = isReplay || order.paymentId === undefined ? await findPaymentOfOrder(db, order.id) : undefined
  if (known && known.state !== 'created') return known
  const id = known?.id ?? order.paymentId
  // A charge is never started for a client that has gone.
  if (id === undefined || request.socket.destroyed) return known
  return payNow(id, {settings, signal, callMs: waitMs})
}
