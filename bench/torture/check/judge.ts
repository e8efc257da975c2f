import type {Attempt, Contradiction} from '../history.ts'
import type {Books, Finding, Loaded} from './books.ts'
import {groupBy} from './group-by.ts'
import {judgeOrder} from './judge-order.ts'
import {judgeStock} from './judge-stock.ts'
import {matchOrders} from './match-orders.ts'

/** Everything in which the history, the tables and the provider's books contradict each other. */
export function judge(
  {attempts, contradictions}: {attempts: Attempt[]; contradictions: Contradiction[]},
  books: Books,
  loaded: Loaded,
): Finding[] {
  const cancels = groupBy(
    attempts.flatMap(({id, request, outcome}) =>
      request.kind === 'cancel' ? [{id, orderId: request.orderId, outcome}] : [],
    ),
    ({orderId}) => orderId,
  )
  const {findings, confirmed, decided} = matchOrders(attempts, books.orders, loaded)
  return [
    ...contradictions,
    ...findings,
    ...books.orders.flatMap((order) =>
      judgeOrder(order, {
        cancels: cancels.get(order.id) ?? [],
        confirmedBy: confirmed.get(order.id) ?? [],
        isDecided: decided.has(order.id),
      }),
    ),
    ...judgeStock(attempts, books, loaded),
  ]
}
