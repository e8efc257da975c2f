import type {Request, Response} from 'express'
import type {Knex} from 'knex'

import {UnknownPaymentError} from '../../../errors.ts'
import {paymentJson, type PaymentJson} from '../../../json/payment.ts'
import {Payment as PaymentSchema} from '../../../json/schemas.ts'
import {type Payment, statusOf} from '../../../services/payments/payment.ts'
import {findRefunds} from '../../../services/payments/refunds.ts'
import type {SuccessAnswer} from '../../openapi/operation.ts'
import {readOrderId} from '../orders/order.ts'
import {toAbsolute} from '../page-links.ts'
import {noStoreHeaders} from '../parameters.ts'

const examplePayment: PaymentJson = {
  order_id: 1,
  payment_status: 'partially_refunded',
  state: 'partially_refunded',
  amount: '4.25',
  captured: '4.25',
  refunded: '1.00',
  currency: 'USD',
  method: {brand: 'visa', last4: '4242'},
  decline_code: null,
  next_action: null,
  due_at: null,
  created_at: '2026-11-24T10:59:16.067270Z',
  updated_at: '2026-11-25T09:12:40.501233Z',
  refunds: [{id: 1, amount: '1.00', state: 'succeeded', failure: null, created_at: '2026-11-25T09:12:39.870155Z'}],
}

export const paymentAnswer: SuccessAnswer = {
  description: 'The payment.',
  body: PaymentSchema,
  headers: noStoreHeaders,
  examples: {'partially refunded': examplePayment},
}

/** Throws UnknownPaymentError for an order without one. */
export async function sendPayment(
  db: Knex,
  {request, response}: {request: Request; response: Response},
  payment: Payment | undefined,
): Promise<void> {
  if (!payment) throw new UnknownPaymentError(readOrderId(request))
  const refunds = await findRefunds(db, payment.id)
  const json = paymentJson(payment, {status: statusOf(payment.state), refunds, toUrl: toAbsolute(request)})
  response.json(json)
}
