import {type Agent, type IncomingHttpHeaders, request} from 'node:http'
import {text} from 'node:stream/consumers'

export type Reply = {status: number; headers: IncomingHttpHeaders; body: unknown}

/**
 * A plain request, since a client of some library may repeat one by itself. Undefined where the connection broke before
 * the answer.
 */
export async function send({
  agent,
  token,
  method,
  url,
  json,
  headers = {},
}: {
  agent: Agent
  token: string
  method: string
  url: string
  json?: unknown
  headers?: Record<string, string>
}): Promise<Reply | undefined> {
  const body = json === undefined ? '' : JSON.stringify(json)
  return new Promise((resolve) => {
    const sent = request(url, {
      method,
      agent,
      headers: {
        authorization: `Token ${token}`,
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
        (json) => {
          resolve({status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(json) as unknown})
        },
        () => {
          resolve(undefined)
        },
      )
    })
    sent.end(body)
  })
}
