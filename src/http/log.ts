import type {Request, RequestHandler, Response} from 'express'

import {countRequest} from './metrics/count-request.ts'
import type {ShopMetrics} from '../metrics/shop-metrics.ts'

import {requestIdOf} from './edge/request-id.ts'
import type {Refusal} from './listener.ts'
import {problems} from './problems/problems.ts'

/** The part of a pino logger that HTTP uses. */
export type Log = {
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Without the query, which may contain personal data. */
export function pathOf({originalUrl}: Request): string {
  return originalUrl.split('?', 1)[0] ?? ''
}

/** Of an answer that ends: a client that disconnected before its answer got no status. */
export function statusOf(response: Response): number | 'aborted' {
  return response.writableFinished ? response.statusCode : 'aborted'
}

/**
 * Logs one line per answer, without the user and the address: the proxy's log has the address, and the request id joins the
 * two. Failures of the shop are errors, and refusals are warnings. Counts it if there are metrics.
 */
export function logRequests(log: Log, metrics: ShopMetrics | undefined): RequestHandler {
  return (request, response, next) => {
    const start = performance.now()
    response.once('close', () => {
      const elapsed = performance.now() - start
      const ms = Math.round(elapsed * 10) / 10
      const status = statusOf(response)
      if (metrics) countRequest(metrics, {request, response, status, seconds: elapsed / 1000})
      const {code} = response.locals as {code?: string}
      const line = {method: request.method, path: pathOf(request), status, ms, request_id: requestIdOf(response), code}
      if (status === 'aborted' || status < 400) log.info(line)
      else if (status < 500) log.warn(line)
      else log.error(line)
    })
    next()
  }
}

/** Logs and counts answers of the server itself, which are to no request, or to one that has not arrived as a whole. */
export function logRefusals(
  log: Pick<Log, 'error' | 'warn'>,
  metrics: ShopMetrics | undefined,
): (refusal: Refusal) => void {
  return ({code, requestId, isRequest}) => {
    const {status} = problems[code]
    log[status < 500 ? 'warn' : 'error']({status, request_id: requestId, code}, `A client was refused: ${code}.`)
    // A request is counted when its connection ends.
    if (!isRequest) metrics?.requests.observe({method: 'other', route: 'unmatched', status}, 0)
  }
}
