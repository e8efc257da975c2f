import type {Api} from './openapi.ts'
import {keepSecret} from './secrets.ts'
import {type Answered, checkAnswer} from './validate-answer.ts'

/**
 * `fetch`, but it throws if the API description does not describe the answer, and does not follow redirects. Problems come
 * without their `request_id`, once it was found to be that of the answer, so that tests can compare the rest.
 */
export async function ask(url: string, init: RequestInit = {}, api?: Api): Promise<Answered> {
  const response = await fetch(url, {redirect: 'manual', ...init})
  const {status, headers} = response
  const answer = {status, headers, body: parseText(headers.get('content-type'), await response.text())}
  keepSecretsOf(init.body, answer.body)
  checkAnswer(init.method ?? 'GET', url.replace(/^\w+:\/\/[^/]+/, ''), answer, api)
  return {...answer, body: withoutRequestId(answer)}
}

/** The password and the token of a login. */
function keepSecretsOf(sent: unknown, received: unknown): void {
  const password = typeof sent === 'string' ? /"password": ?"([^"\\]+)"/.exec(sent)?.[1] : undefined
  if (password !== undefined) keepSecret(password)
  const {token} = (received ?? {}) as {token?: unknown}
  if (typeof token === 'string') keepSecret(token)
}

function withoutRequestId({headers, body}: Answered): unknown {
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true || body === '') return body
  const {request_id: id, ...rest} = body as {request_id: string}
  if (id !== headers.get('x-request-id')) throw new Error(`The problem names another request: ${id}`)
  return rest
}

/** Parses the text as JSON if its content type says so. */
export function parseText(contentType: string | null, text: string): unknown {
  return contentType?.includes('json') === true && text !== '' ? JSON.parse(text) : text
}
