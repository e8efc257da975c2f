import {STATUS_CODES} from 'node:http'

import type {Response} from 'express'

import {type ProblemCode, statuses} from './problem-codes.ts'

/** What an old client reads beside the members of RFC 9457: a field's errors, `non_field_errors`, `message`, ... */
export type Extensions = Record<string, unknown>

/** An answer that is no success. Thrown by whatever finds out; the error handler sends it. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  readonly status: number
  readonly code: ProblemCode
  readonly extensions: Extensions
  readonly headers: Record<string, string>

  constructor(
    code: ProblemCode,
    detail: string,
    options: {extensions?: Extensions; headers?: Record<string, string>} = {},
  ) {
    super(detail)
    this.status = statuses[code]
    this.code = code
    this.extensions = options.extensions ?? {}
    this.headers = {...headersOf(this.status), ...options.headers}
  }
}

function headersOf(status: number): Record<string, string> {
  if (status === 401) return {'www-authenticate': 'Token'}
  return status === 503 ? {'retry-after': '5'} : {}
}

/** RFC 9457. With `about:blank` as its type the title is the status's own; `code` tells problems apart. */
export function sendProblem(response: Response, problem: HttpProblem): void {
  const {status, code, message, extensions, headers} = problem
  response
    .status(status)
    .set(headers)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: STATUS_CODES[status],
        status,
        detail: message,
        code,
        ...extensions,
      }),
    )
}
