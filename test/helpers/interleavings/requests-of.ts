import {at} from './at.ts'
import type {ShopRequest} from './requests.ts'
import {type Action, type Basket, pools} from './script.ts'

/** The users, products and baskets to which the indexes in a script refer. */
export type Stage = {userIds: number[]; productIds: number[]; baskets: Basket[]}

export type Confirmed = {orderId: number; userId: number}

type Ask = {via: number; request: ShopRequest}

/** The requests of an action, which are sent at the same time. None if there is no order to cancel yet. */
export function requestsOf(action: Action, stage: Stage, confirmed: Confirmed[]): Ask[] {
  if (action.kind === 'order') return ordersOf(action, stage)
  if (action.kind === 'cancel') return cancellationsOf(action, stage, confirmed)
  if (action.kind === 'audit') return [{via: action.via, request: {kind: 'audit'}}]
  const {via, product, pool, change} = action
  return [{via, request: {kind: 'adjust', productId: at(stage.productIds, product), pool: at(pools, pool), change}}]
}

/** A key always asks for the same basket, wherever it appears again. */
function ordersOf(action: Extract<Action, {kind: 'order'}>, {userIds, productIds, baskets}: Stage): Ask[] {
  const key = action.key === null ? undefined : `key ${action.key}`
  const place = action.key ?? action.basket
  return action.sends.map(({via, isReversed, isOtherBasket}) => {
    const basket = at(baskets, (place + (isOtherBasket ? 1 : 0)) % baskets.length)
    const items = basket.map(({product, quantity}) => ({productId: at(productIds, product), quantity}))
    const userId = at(userIds, action.user)
    return {via, request: {kind: 'order', userId, items: isReversed ? items.reverse() : items, key}}
  })
}

function cancellationsOf(
  {which, sends}: Extract<Action, {kind: 'cancel'}>,
  {userIds}: Stage,
  confirmed: Confirmed[],
): Ask[] {
  const order = confirmed.at(-1 - (which % Math.max(1, confirmed.length)))
  if (!order) return []
  const stranger = at(userIds, (userIds.indexOf(order.userId) + 1) % userIds.length)
  const userIdOf = {operator: undefined, owner: order.userId, stranger}
  return sends.map(({via, by}) => ({via, request: {kind: 'cancel', orderId: order.orderId, userId: userIdOf[by]}}))
}
