import type {RequestHandler} from 'express'

import {assignRequestId} from './request-id.ts'
import {createHeaderSetter} from './security-headers.ts'

/** What every answer has. One handler, because each that Express calls costs an order a microsecond. */
export function prepareAnswers(): RequestHandler {
  const setSecurityHeaders = createHeaderSetter()
  return (request, response, next) => {
    assignRequestId(request, response)
    setSecurityHeaders(request, response)
    next()
  }
}
