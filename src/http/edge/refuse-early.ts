import {STATUS_CODES} from 'node:http'

import {headersOfProblem, problemJson} from '../problems/problem.ts'
import type {ProblemError} from '../problems/problem-error.ts'
import {problems} from '../problems/problems.ts'
import {securityHeaders} from './security-headers.ts'

/** A whole answer, with the end of its connection, for what never becomes a request. */
export function earlyRefusal(refusal: ProblemError, id: string): string {
  const {status} = problems[refusal.code]
  const body = JSON.stringify(problemJson(refusal, id))
  const headers = [
    ['X-Request-Id', id],
    ...securityHeaders,
    ...Object.entries(headersOfProblem(refusal)),
    ['Content-Type', 'application/problem+json; charset=utf-8'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Connection', 'close'],
  ]
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n')
}
