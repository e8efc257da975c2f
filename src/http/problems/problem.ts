import {STATUS_CODES} from 'node:http'

import {ShopError} from '../../errors.ts'
import {HttpError} from './http-errors.ts'
import type {ProblemError} from './problem-error.ts'
import {type Problem, problems} from './problems.ts'

export function isProblemError(error: unknown): error is ProblemError {
  return (error instanceof HttpError || error instanceof ShopError) && Object.hasOwn(problems, error.code)
}

export function headersOfProblem(refusal: ProblemError): Record<string, string> {
  const {status} = problems[refusal.code]
  if ('retryAfterSeconds' in refusal) return {'Retry-After': String(refusal.retryAfterSeconds)}
  if (status === 401) return {'WWW-Authenticate': 'Token'}
  if (status === 503) return {'Retry-After': '5'}
  return refusal instanceof HttpError ? refusal.headers : {}
}

/**
 * RFC 9457. Its type is `about:blank`, so the title is that of the status; `code` tells problems apart, and `request_id`
 * finds the request in the log.
 */
export function problemJson(error: ProblemError, requestId: string): Record<string, unknown> {
  const {status, detail = error.message, members = 'none'}: Problem<ProblemError> = problems[error.code]
  return {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code: error.code,
    request_id: requestId,
    ...(members !== 'none' && members.read(error)),
  }
}
