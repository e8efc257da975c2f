import type {Request, Response} from 'express'

import {placedOrderJson, type PlacedOrderJson} from '../../../json/order.ts'
import {PlacedOrder} from '../../../json/schemas.ts'
import type {Checkout} from '../../../services/checkout/jobs.ts'
import type {NewOrder} from '../../../services/checkout/new-order.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import type {AppContext} from '../../context.ts'
import type {SuccessAnswer} from '../../openapi/operation.ts'
import type {ProblemCode} from '../../problems/problem-error.ts'
import {idempotentReplayed} from '../parameters.ts'

type Exchange = {request: Request; response: Response; caller: OrderCaller}

/** Reads an order, or the checkout of a basket, from the request, places it, and answers with the order. */
export async function answerOrder(
  {callers, checkout}: AppContext,
  {request, response, caller}: Exchange,
  read: () => Promise<Checkout | NewOrder>,
): Promise<void> {
  const {order, isReplay} = await callers.serve(request, caller, async () =>
    checkout.place(await read(), () => request.socket.destroyed),
  )
  if (isReplay) response.set('idempotent-replayed', 'true')
  response.status(201).json(placedOrderJson(order))
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

/** `replayed` says when `Idempotent-Replayed` is present. */
export function orderAnswer(
  description: string,
  {replayed, examples}: {replayed: string; examples: Record<string, PlacedOrderJson>},
): SuccessAnswer {
  return {description, body: PlacedOrder, headers: idempotentReplayed(replayed), examples}
}

export const examplePlacedOrder: PlacedOrderJson = {
  order_id: 1,
  message: 'Successfully created order',
  created_at: '2026-11-24T10:59:16.067270Z',
  total_price: '4.25',
  currency: 'USD',
}
