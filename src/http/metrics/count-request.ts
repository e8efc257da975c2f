import type {Request, Response} from 'express'

import type {LoginOutcome, ShopMetrics} from '../../metrics/shop-metrics.ts'

const knownMethods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/** The requests that order something. */
const orders = new Map([
  ['/orders/create/', 'PUT'],
  ['/basket/checkout/', 'POST'],
])

/** Counts an answered request. What clients can choose freely is folded, or each would make a series of its own. */
export function countRequest(
  metrics: ShopMetrics,
  {
    request: {method},
    response,
    status,
    seconds,
  }: {request: Request; response: Response; status: number | 'aborted'; seconds: number},
): void {
  const {route = 'unmatched', code} = response.locals as {route?: string; code?: string}
  metrics.requests.observe({method: knownMethods.has(method) ? method : 'other', route, status}, seconds)
  if (code !== undefined && orders.get(route) === method) metrics.ordersRefused.inc({code})
  if (route === '/auth/login/' && method === 'POST' && status !== 'aborted')
    metrics.logins.inc({outcome: loginOutcome(status)})
}

function loginOutcome(status: number): LoginOutcome {
  if (status === 200) return 'success'
  if (status === 429) return 'limited'
  return status >= 500 ? 'busy' : 'failure'
}
