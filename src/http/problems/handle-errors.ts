import type {ErrorRequestHandler, Response} from 'express'

import {failureFields, isUnavailable} from '../../db/errors.ts'
import {DatabaseUnavailableError} from '../../errors.ts'
import {requestIdOf} from '../edge/request-id.ts'
import {type Log, pathOf} from '../log.ts'
import {BadRequestError, BodyTooLargeError, InternalError, UnsupportedMediaTypeError} from './http-errors.ts'
import {headersOfProblem, isProblemError, problemJson} from './problem.ts'
import type {ProblemError} from './problem-error.ts'
import {problems} from './problems.ts'

/** What the shop refuses because it has too much to do, or is about to stop. The line of the request says so already. */
const overload: ReadonlySet<ProblemError['code']> = new Set(['checkout_busy', 'login_busy', 'shutting_down'])

/**
 * Answers every failure: a refusal as its problem, anything else as a 500 that says nothing of its cause. The log has the
 * cause under the request's id.
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
    response.locals.code = refusal.code
    const isFailure = problems[refusal.code].status >= 500 && !overload.has(refusal.code)
    if (isFailure) {
      log.error({...failureFields(error), request_id: requestIdOf(response), url: pathOf(request)}, 'failed')
    }
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
  response
    .status(problems[refusal.code].status)
    .set(headersOfProblem(refusal))
    .type('application/problem+json')
    .send(JSON.stringify(problemJson(refusal, requestIdOf(response))))
}
