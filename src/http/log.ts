import type {RequestHandler} from 'express'

/** The part of a pino logger that HTTP uses. */
export type Log = {
  info(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Logs one line per answer, without the query, which may contain personal data. */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const start = performance.now()
    response.once('close', () => {
      const ms = Math.round((performance.now() - start) * 10) / 10
      const [path] = request.originalUrl.split('?', 1)
      // A client that disconnected before its answer got no status.
      const status = response.writableFinished ? response.statusCode : 'aborted'
      log.info({method: request.method, path, status, ms})
    })
    next()
  }
}
