import type {Request, Response} from 'express'

import {emptyBasket} from '../../../services/baskets/basket.ts'
import {type Change, newChange} from '../../../services/checkout/jobs.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import type {AppContext} from '../../context.ts'
import type {ProblemCode} from '../../problems/problem-error.ts'
import {readIfMatch, sendBasket} from './basket-answer.ts'

type Exchange = {request: Request; response: Response; caller: OrderCaller}

type Requested = Pick<Parameters<typeof newChange>[0], 'idempotencyKey' | 'maxItems'> & {change: Change}

/** Reads a change of the caller's basket from the request, makes it, and answers with the whole basket. */
export async function changeBasket(
  {callers, checkout, currency}: AppContext,
  {request, response, caller}: Exchange,
  read: () => Promise<Requested> | Requested,
): Promise<void> {
  const {basket, isReplay} = await callers.serve(request, caller, async () => {
    const change = newChange({...caller, currency, ifVersions: readIfMatch(request), ...(await read())})
    return checkout.change(change, () => request.socket.destroyed)
  })
  if (isReplay) response.set('idempotent-replayed', 'true')
  sendBasket(response, basket ?? emptyBasket(currency))
}

/** The problems of every change. */
export const changeProblems: ProblemCode[] = [
  'basket_changed',
  'basket_locked',
  'order_abandoned',
  'outcome_unknown',
  'stock_locked',
  'token_ended',
]

/** Those of a request for stock to be held. */
export const holdProblems: ProblemCode[] = [...changeProblems, 'checkout_busy', 'hold_limit']

/** Those of putting products into a basket. */
export const fillProblems: ProblemCode[] = [
  ...holdProblems,
  'basket_full',
  'out_of_stock',
  'quantity_limit',
  'unknown_product',
]
