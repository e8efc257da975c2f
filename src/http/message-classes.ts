import {IncomingMessage, type ServerOptions, ServerResponse} from 'node:http'

import type {Express} from 'express'

/**
 * Express replaces the prototype of every request and response, after which V8 looks up all of their properties the
 * slow way: a bare request costs 130 us of CPU time instead of 42 (expressjs/express#5998). Instances of these classes
 * already have the prototypes that Express sets, so nothing changes. A mounted sub-application would still set its own.
 */
export function messageClasses(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(ExpressRequest.prototype, app.request)
  Object.setPrototypeOf(ExpressResponse.prototype, app.response)
  app.request = ExpressRequest.prototype as unknown as typeof app.request
  app.response = ExpressResponse.prototype as unknown as typeof app.response
  return {IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse}
}
