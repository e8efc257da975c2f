import {randomUUID} from 'node:crypto'
import type {IncomingMessage} from 'node:http'

import type {Request, Response} from 'express'

/** What a log, a header and a problem can have as it is. */
const valid = /^[\w.-]{1,128}$/

/** Gives each request an id: that of its `X-Request-Id`, by which a proxy or a client knows it, or a new one. */
export function assignRequestId(request: Request, response: Response): void {
  const id = readRequestId(request)
  response.locals.requestId = id
  response.setHeader('X-Request-Id', id)
}

export function readRequestId({headers}: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && valid.test(given) ? given : randomUUID()
}

export function requestIdOf(response: Response): string {
  return (response.locals as {requestId: string}).requestId
}
