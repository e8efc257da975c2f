import {type IncomingMessage, type ServerResponse, STATUS_CODES} from 'node:http'

import {readRequestId} from './edge/request-id.ts'
import {ShuttingDownError} from './problems/http-errors.ts'
import {problemJson} from './problems/problem.ts'

/** Whether a proxy sent the request that takes it to another replica if this one declines. */
export function canPassOn(request: IncomingMessage): boolean {
  return request.headers['shop-pass-on'] !== undefined
}

/**
 * Declines a request, so that the proxy takes it to another replica and leaves this one alone for a while. The shop answers
 * 504 in no other case, so it tells nginx that nothing was done. If there is no other replica, nginx follows
 * X-Accel-Redirect, which brings the request back without the offer.
 */
export function passOn(request: IncomingMessage, response: ServerResponse): void {
  // The answer would be lost if the connection were closed while the body is on its way.
  request.resume().once('end', () => {
    response
      .writeHead(504, {
        'content-type': 'application/problem+json',
        'x-accel-redirect': '@no_other_replica',
        connection: 'close',
      })
      .end(
        JSON.stringify({
          ...problemJson(new ShuttingDownError(), readRequestId(request)),
          title: STATUS_CODES[504],
          status: 504,
        }),
      )
  })
}
