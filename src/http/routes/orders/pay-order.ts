import type {Request} from 'express'
import type {Knex} from 'knex'

import {isUnavailable} from '../../../db/errors.ts'
import {PaymentDeclinedError, PaymentUnavailableError, ShopError, UnknownPaymentMethodError} from '../../../errors.ts'
import type {Placement} from '../../../services/checkout/new-order.ts'
import type {Charge} from '../../../services/payments/charge.ts'
import {findMethod} from '../../../services/payments/methods.ts'
import {findPaymentOfOrder, type Payment, type PaymentStatus, statusOf} from '../../../services/payments/payment.ts'
import type {AppContext, PaymentContext} from '../../context.ts'
import type {PaymentBody} from './payment-fields.ts'

/**
 * How an order is to be paid; undefined if it is not. A refusal waits for the transaction, so that a request which is
 * repeated gets the order that it placed, whatever has become of the method or the provider since.
 */
export async function readCharge(
  {db, payments}: Pick<AppContext, 'db' | 'payments'>,
  userId: number,
  {payment_method: named, return_url: returnUrl}: PaymentBody,
): Promise<Charge | undefined> {
  if (!payments) return undefined
  const {isRequired, capture, gateway} = payments
  if (named === undefined) return isRequired ? {method: undefined, isRequired, capture, gateway} : undefined
  const found = await findMethod(db, {userId, provider: gateway.name, method: named}).catch(asRefusal)
  const charge = {isRequired, capture, gateway, named, returnUrl}
  if (found instanceof ShopError) return {...charge, method: undefined, refusal: found}
  return {...charge, method: found, refusal: payments.health.admits() ? undefined : new PaymentUnavailableError()}
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
    const payment = await startPayment(db, payments, {orderId: order.id, request})
    const status = payment ? statusOf(payment.state) : 'none'
    if (payment && status === 'failed') throw new PaymentDeclinedError(payment.declineCode ?? payment.state)
    return {status, payment}
  } catch (error) {
    // The order is placed. Whether it is paid, its buyer can ask for later.
    if (isReplay || !isUnavailable(error)) throw error
    log.error({err: error, order: order.id}, 'The payment of an order is left to the background work.')
    return {status: 'pending', payment: undefined}
  }
}

async function startPayment(
  db: Knex,
  payments: PaymentContext,
  {orderId, request}: {orderId: number; request: Request},
): Promise<Payment | undefined> {
  const payment = await findPaymentOfOrder(db, orderId)
  // A charge is never started for a client that has gone.
  if (payment?.state !== 'created' || request.socket.destroyed) return payment
  const {payNow, settings, signal, waitMs} = payments
  return payNow(payment.id, {settings, signal, callMs: waitMs})
}
