import type {RequestHandler} from 'express'

/** The part of a pino logger that HTTP uses. */
export type Log = {
  info(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** One line for each answer. The query is left out: it is the caller's, and may name people. */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const start = performance.now()
    response.once('close', () => {
      const ms = Math.round((performance.now() - start) * 10) / 10
      const [path] = request.originalUrl.split('?', 1)
      // A client that went away before its answer has no status.
      const status = response.writableFinished ? response.statusCode : 'aborted'
      log.info({method: request.method, path, status, ms})
    })
    next()
  }
}
