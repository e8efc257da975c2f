import type {Request, Response} from 'express'

import {type PaidOrderJson, placedOrderJson, type PlacedOrderJson} from '../../../json/order.ts'
import {nextActionJson} from '../../../json/payment.ts'
import {PaidOrder, PlacedOrder} from '../../../json/schemas.ts'
import type {Checkout} from '../../../services/checkout/jobs.ts'
import type {NewOrder} from '../../../services/checkout/new-order.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import type {AppContext} from '../../context.ts'
import type {SuccessAnswer} from '../../openapi/operation.ts'
import type {ProblemCode} from '../../problems/problem-error.ts'
import {toAbsolute} from '../page-links.ts'
import {idempotentReplayed} from '../parameters.ts'
import {payOrder} from './pay-order.ts'

type Exchange = {request: Request; response: Response; caller: OrderCaller}

/** Reads an order, or the checkout of a basket, from the request, places it, and answers with the order. */
export async function answerOrder(
  context: AppContext,
  {request, response, caller}: Exchange,
  read: () => Promise<Checkout | NewOrder>,
): Promise<void> {
  const {callers, checkout, payments} = context
  // A Host header that links cannot have is refused before anything is ordered.
  const toUrl = payments && toAbsolute(request)
  const {order, isReplay, charge} = await callers.serve(request, caller, async () => {
    const job = await read()
    const placement = await checkout.place(job, () => request.socket.destroyed)
    return {...placement, charge: job.charge}
  })
  const paid = payments && (await payOrder(context, payments, {order, isReplay, charge, request}))
  if (isReplay) response.set('idempotent-replayed', 'true')
  response.status(201).json({
    ...placedOrderJson(order),
    ...(toUrl &&
      paid && {payment_status: paid.status, next_action: nextActionJson(paid.payment?.nextAction ?? null, toUrl)}),
  })
}

/** The problems of every order. */
export const orderProblems: ProblemCode[] = [
  'checkout_busy',
  'idempotency_key_reused',
  'invalid_idempotency_key',
  'invalid_order',
  'order_abandoned',
  'out_of_stock',
  'outcome_unknown',
  'quantity_limit',
  'stock_locked',
  'token_ended',
  'total_mismatch',
]

/** Those of an order that may name a payment method. */
export const paidOrderProblems: ProblemCode[] = [
  ...orderProblems,
  'card_number',
  'payment_declined',
  'payment_required',
  'payment_unavailable',
  'unknown_payment_method',
  'unpayable',
]

type OrderAnswerOptions = {
  /** Says when `Idempotent-Replayed` is present. */
  replayed: string
  examples: Record<string, PlacedOrderJson>
  takesPayments: boolean
}

export function orderAnswer(description: string, options: OrderAnswerOptions): SuccessAnswer {
  const {replayed, examples, takesPayments} = options
  const headers = idempotentReplayed(replayed)
  if (!takesPayments) return {description, body: PlacedOrder, headers, examples}
  const all: Record<string, PaidOrderJson> = {paid: examplePaidOrder, 'requires an action': exampleWithAction}
  for (const [name, example] of Object.entries(examples)) all[name] = {...example, ...unpaid}
  return {description: `${description} ${ofPayment}`, body: PaidOrder, headers, examples: all}
}

const ofPayment =
  '`payment_status` and `next_action` tell how the payment is. If it is `pending`, let the buyer do the `next_action`; if that ' +
  'is null, the provider has not decided, or an earlier request is still being charged. Then ask ' +
  '`POST /orders/{id}/payment/refresh/` every few seconds until the payment is no longer `pending`. If it fails, the order is ' +
  'cancelled.'

export const examplePlacedOrder: PlacedOrderJson = {
  order_id: 1,
  message: 'Successfully created order',
  created_at: '2026-11-24T10:59:16.067270Z',
  total_price: '4.25',
  currency: 'USD',
}

const unpaid = {payment_status: 'none', next_action: null} as const

const examplePaidOrder: PaidOrderJson = {...examplePlacedOrder, payment_status: 'paid', next_action: null}

const exampleWithAction: PaidOrderJson = {
  ...examplePlacedOrder,
  payment_status: 'pending',
  next_action: {type: 'redirect', url: 'https://payments.example/actions/1/'},
}
