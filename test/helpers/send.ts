import {type Agent, type IncomingHttpHeaders, request} from 'node:http'
import {text} from 'node:stream/consumers'

import {parseText} from './ask.ts'
import {checkAnswer} from './validate-answer.ts'

export type Reply = {status: number; headers: IncomingHttpHeaders; body: unknown}

/**
 * Sends one request with node:http, because a client library may retry by itself. Resolves with undefined if the
 * connection breaks before the answer; rejects if the answer does not match the API description.
 */
export async function send({
  agent,
  token,
  method,
  url,
  json,
  headers = {},
}: {
  agent?: Agent
  token?: string
  method: string
  url: string
  json?: unknown
  headers?: Record<string, string>
}): Promise<Reply | undefined> {
  const body = json === undefined ? '' : JSON.stringify(json)
  const reply = await new Promise<Reply | undefined>((resolve) => {
    const sent = request(url, {
      method,
      agent,
      headers: {
        ...(token !== undefined && {authorization: `Token ${token}`}),
        ...(body !== '' && {'content-type': 'application/json'}),
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    })
    sent.on('error', () => {
      resolve(undefined)
    })
    sent.on('response', (response) => {
      text(response).then(
        (body) => {
          resolve({status: response.statusCode ?? 0, headers: response.headers, body})
        },
        () => {
          resolve(undefined)
        },
      )
    })
    sent.end(body)
  })
  if (!reply) return undefined
  const ofReply = toHeaders(reply.headers)
  const answer = {...reply, body: parseText(ofReply.get('content-type'), reply.body as string)}
  checkAnswer(method, new URL(url).pathname, {...answer, headers: ofReply})
  return answer
}

export function toHeaders(headers: IncomingHttpHeaders): Headers {
  const all = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Headers(all)
}
