import cors, {type CorsOptions} from 'cors'
import type {RequestHandler} from 'express'

/** What a page on another origin may read of an answer, besides what every page may. */
const exposedHeaders = [
  'Allow',
  'Deprecation',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
]

const allowedHeaders = ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'X-Request-Id']

/** Chromium's limit. */
const maxAge = 7200

/**
 * Lets pages of these origins call the shop. They send tokens themselves, so browsers need not, and must not, send
 * credentials of their own.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  const options: CorsOptions = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    allowedHeaders,
    exposedHeaders,
    maxAge,
  }
  const answerPreflight = cors(options)
  const setHeaders = cors({...options, preflightContinue: true})
  return (request, response, next) => {
    // Any other OPTIONS request asks the shop.
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
    if (isPreflight) answerPreflight(request, response, next)
    else setHeaders(request, response, next)
  }
}
