import type {Request, RequestHandler} from 'express'

/** The part of a pino logger that HTTP uses. */
export type Log = {
  info(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Without the query, which may contain personal data. */
export function pathOf({originalUrl}: Request): string {
  return originalUrl.split('?', 1)[0] ?? ''
}

/** Logs one line per answer. */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const start = performance.now()
    response.once('close', () => {
      const ms = Math.round((performance.now() - start) * 10) / 10
      // A client that disconnected before its answer got no status.
      const status = response.writableFinished ? response.statusCode : 'aborted'
      log.info({method: request.method, path: pathOf(request), status, ms})
    })
    next()
  }
}
