import type {ErrorRequestHandler, Response} from 'express'

import {isUnavailable} from '../../db/errors.ts'
import {DatabaseUnavailableError} from '../../errors.ts'
import {type Log, pathOf} from '../log.ts'
import {BadRequestError, BodyTooLargeError, HttpError, InternalError, UnsupportedMediaTypeError} from './http-errors.ts'
import {isProblemError, problemJson} from './problem.ts'
import type {ProblemError} from './problem-error.ts'
import {problems} from './problems.ts'

/**
 * Answers every failure: a refusal as its problem, anything else as a 500 with the id under which its cause is logged.
 */
export function handleErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    // A broken connection is no failure of the shop. The error of a malformed request contains its bytes, tokens included.
    if (error === request.socket.errored) return
    if (response.headersSent) {
      next(error)
      return
    }
    const refusal = toRefusal(error) ?? new InternalError()
    const id = refusal instanceof InternalError ? refusal.id : undefined
    if (problems[refusal.code].status >= 500) log.error({err: error, id, url: pathOf(request)}, 'failed')
    sendProblem(response, refusal)
  }
}

function toRefusal(error: unknown): ProblemError | undefined {
  if (isProblemError(error)) return error
  if (isUnavailable(error)) return new DatabaseUnavailableError('The database cannot serve requests.', {cause: error})
  return fromBodyParser(error)
}

/** Express and its body parser give their errors a status, and a message for the client. */
function fromBodyParser(error: unknown): ProblemError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined
  const {status, message} = error
  if (status === 413) return new BodyTooLargeError()
  if (status === 415) return new UnsupportedMediaTypeError(message)
  return status >= 400 && status < 500 ? new BadRequestError(message) : undefined
}

function sendProblem(response: Response, refusal: ProblemError): void {
  const {status} = problems[refusal.code]
  response
    .status(status)
    .set(headersOf(refusal, status))
    .type('application/problem+json')
    .send(JSON.stringify(problemJson(refusal)))
}

function headersOf(refusal: ProblemError, status: number): Record<string, string> {
  if ('retryAfterSeconds' in refusal) return {'retry-after': String(refusal.retryAfterSeconds)}
  if (status === 401) return {'www-authenticate': 'Token'}
  if (status === 503) return {'retry-after': '5'}
  return refusal instanceof HttpError ? refusal.headers : {}
}
