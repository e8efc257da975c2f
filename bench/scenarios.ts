import type {HttpRequest} from './http-connection.ts'
import type {Load} from './load.ts'
import {anyOfMany, orderOf} from './order-requests.ts'
import {hotProduct, manyProducts, shopUser} from './prepare-database.ts'
import type {RawLoad} from './raw-transactions.ts'
import type {Target} from './targets.ts'

export type Scenario = {
  name: string
  load: Load
  baseline: ({kind: 'transactions'} & RawLoad) | {kind: 'express'}
  /** For the shop's rate divided by the baseline's, or for its time divided by the baseline's. */
  target?: Target & {of: 'rate' | 'time'}
}

const pageTarget = {of: 'rate', relation: '>=', bound: 0.4} as const

/**
 * Pages come first, since the history is the same in every run until orders are measured. Orders start with many
 * connections, which make V8 optimize the shop's code in seconds; one connection would take a minute.
 */
export const scenarios: Scenario[] = [
  page('catalogue page, 64 conn.', {method: 'GET', path: '/products/list/'}),
  page('history page, 64 conn.', {method: 'GET', path: '/orders/history/', token: shopUser.token}),
  ...[64, 16, 1].map((connections) => orders('hot', connections)),
  ...[64, 16, 1].map((connections) => orders('uniform', connections)),
]

function page(name: string, request: HttpRequest): Scenario {
  const load = {connections: 64, request: () => request, status: 200}
  return {name, load, baseline: {kind: 'express'}, target: pageTarget}
}

function orders(script: RawLoad['script'], connections: number): Scenario {
  const products = script === 'hot' ? '1 product' : `${manyProducts.count} products`
  const target = orderTarget(script, connections)
  return {
    name: `orders, ${products}, ${connections} conn.`,
    load: orderLoad(script, connections),
    // PostgreSQL gets slower with more than 16 clients.
    baseline: {kind: 'transactions', script, clients: Math.min(connections, 16)},
    ...(target && {target}),
  }
}

export function orderLoad(script: RawLoad['script'], connections: number): Load {
  return {
    connections,
    request: () => orderOf(...(script === 'hot' ? [hotProduct] : anyOfMany(1))),
    status: 201,
  }
}

function orderTarget(script: RawLoad['script'], connections: number): Scenario['target'] {
  if (connections === 1) return {of: 'time', relation: '<=', bound: 3.5}
  if (connections === 64) return {of: 'rate', relation: '>=', bound: script === 'hot' ? 3 : 0.8}
  return undefined
}
