import {isDeepStrictEqual} from 'node:util'

import type {Round} from './play.ts'
import type {KeptOrder, Tables} from './read-tables.ts'
import type {Told} from './requests.ts'

/** A change of stock that a client was told about. It took place between the two moments. */
type Change = {productId: number; delta: number; sentAt: number; answeredAt: number}

/**
 * The stock that is left is the initial stock and all changes that clients were told about; each adjustment is the one
 * that was asked for; and no refusal names a stock that cannot have existed during the request.
 */
export function findStockContradictions(
  {initialStock, told}: Round,
  {levels, adjustments}: Tables,
  orders: Map<number, KeptOrder>,
): string[] {
  const changes = told.flatMap((one) => changesOf(one, orders))
  const found: string[] = []
  for (const {productId, onHand} of levels) {
    const left = changes
      .filter((change) => change.productId === productId)
      .reduce((sum, {delta}) => sum + delta, initialStock.get(productId) ?? 0)
    if (left !== onHand || onHand < 0)
      found.push(`product ${productId} has ${onHand} on hand, but ${left} by the answers`)
  }

  const adjusted = told.flatMap(({request, answer}) =>
    request.kind === 'adjust' && answer.kind === 'adjusted' && answer.after !== answer.before
      ? [JSON.stringify([request.productId, request.pool, answer.after - answer.before])]
      : [],
  )
  const written = adjustments.map(({productId, pool, delta}) => JSON.stringify([productId, pool, delta]))
  if (!isDeepStrictEqual(adjusted.sort(), written.sort())) {
    found.push(`adjustments confirmed: ${adjusted.join()}; written: ${written.join()}`)
  }

  for (const one of told) {
    if (!isAdjustedAsAsked(one)) found.push(`not the adjustment that was asked for: ${JSON.stringify(one)}`)
    for (const {productId, requested, available} of one.answer.kind === 'refused' ? one.answer.shortages : []) {
      const {least, most} = boundsOf(
        initialStock.get(productId) ?? 0,
        changes.filter((change) => change.productId === productId),
        one,
      )
      if (available < requested && available >= least && available <= most) continue
      found.push(`there were ${least} to ${most} of product ${productId} during the request: ${JSON.stringify(one)}`)
    }
  }
  return found
}

function changesOf({request, answer, sentAt, answeredAt}: Told, orders: Map<number, KeptOrder>): Change[] {
  if (request.kind === 'adjust' && answer.kind === 'adjusted') {
    return [{productId: request.productId, delta: answer.after - answer.before, sentAt, answeredAt}]
  }
  if (request.kind === 'order' && answer.kind === 'placed' && !answer.isReplay) {
    return request.items.map(({productId, quantity}) => ({productId, delta: -quantity, sentAt, answeredAt}))
  }
  if (request.kind === 'cancel' && answer.kind === 'cancelled') {
    const items = orders.get(request.orderId)?.items ?? []
    return items.map(({productId, quantity}) => ({productId, delta: quantity, sentAt, answeredAt}))
  }
  return []
}

/** The least and the most that a product's stock can have been during a request. */
function boundsOf(initial: number, changes: Change[], {sentAt, answeredAt}: Told): {least: number; most: number} {
  let [least, most] = [initial, initial]
  for (const change of changes) {
    const isCertain = change.answeredAt < sentAt
    const isPossible = change.sentAt < answeredAt
    if (change.delta > 0 ? isCertain : isPossible) least += change.delta
    if (change.delta > 0 ? isPossible : isCertain) most += change.delta
  }
  return {least, most}
}

function isAdjustedAsAsked({request, answer}: Told): boolean {
  if (request.kind !== 'adjust') return true
  const {change} = request
  if (answer.kind === 'adjusted') return answer.after === ('to' in change ? change.to : answer.before + change.by)
  return answer.kind !== 'refused' || ('by' in change && change.by < 0)
}
