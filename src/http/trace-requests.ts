import type {RequestHandler} from 'express'

import type {Tracing} from '../tracing.ts'
import {pathOf, statusOf} from './log.ts'

/** Runs what follows within a span of the request. */
export function traceRequests(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    const {method, headers} = request
    const {requestId} = response.locals as {requestId?: string}
    const trace = tracing.startRequest({method, path: pathOf(request), headers, requestId}, next)
    response.once('close', () => {
      const {route} = response.locals as {route?: string}
      trace.end({route, status: statusOf(response)})
    })
  }
}
