import {once} from 'node:events'
import {createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {buffer} from 'node:stream/consumers'

import test, {type ExecutionContext} from 'ava'

import {securityHeaders} from '../../src/http/edge/security-headers.ts'
import {type Nginx, nginxBinary, startNginxWith} from './nginx.ts'
import {toHeaders} from './send.ts'
import {checkAnswer} from './validate-answer.ts'

/** `test`, or `test.skip` if nginx is not installed. */
export const withNginx = nginxBinary === undefined ? test.skip : test

if (nginxBinary === undefined)
  process.stderr.write('SKIPPED: the tests in test/nginx need nginx, which is not installed.\n')

type Received = {method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string}

export type Answer = {status: number | undefined; headers: IncomingHttpHeaders; body: Buffer}

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown

type StandIn = {port: number; received: Received[]; connections: () => number}

/** A stand-in for the API that records what it receives. */
export async function startApi(
  t: ExecutionContext,
  answer: Answering = (_, response) => response.end(),
  wantedPort = 0,
): Promise<StandIn> {
  const received: Received[] = []
  let connections = 0
  const api = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({method: request.method, url: request.url, headers: request.headers, body: body.toString()})
      answer(request, response)
    })
  })
  api.on('connection', () => connections++)
  api.listen(wantedPort, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.close()
    api.closeAllConnections()
  })
  return {port: (api.address() as AddressInfo).port, received, connections: () => connections}
}

/** Starts nginx in front of a stand-in for the API. */
export async function setUp(
  t: ExecutionContext,
  answer?: Answering,
  variables: Record<string, string> = {},
): Promise<Nginx & Omit<StandIn, 'port'>> {
  const {port, ...api} = await startApi(t, answer)
  return {...api, ...(await startNginxWith(t, variables, port))}
}

/** Requests through nginx to the real shop: the answers must match the document. */
export async function sendToShop(
  port: number,
  request: Sent,
): Promise<{status: number; headers: Headers; body: unknown}> {
  const {status = 0, headers, body} = await send(port, request)
  const answer = {status, headers: toHeaders(headers), body: JSON.parse(body.toString()) as unknown}
  checkAnswer(request.method ?? 'GET', request.path ?? '/', answer)
  return answer
}

type Sent = {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string
  /** An address of loopback. */
  from?: string
  to?: string
}

/** Uses node:http, because fetch sets the Host itself. */
export async function send(port: number, {from, to = '127.0.0.1', body = '', ...sent}: Sent = {}): Promise<Answer> {
  const outgoing = request({host: to, port, ...sent, agent: false, ...(from !== undefined && {localAddress: from})})
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return {status: response.statusCode, headers: response.headers, body: await buffer(response)}
}

export function isProblem(t: ExecutionContext, answer: Answer, status: number): void {
  t.is(answer.status, status)
  t.is(answer.headers['content-type'], 'application/problem+json')
  const problem = JSON.parse(answer.body.toString()) as {request_id?: string}
  t.like(problem, {type: 'about:blank', status})
  t.like(answer.headers, Object.fromEntries(securityHeaders.map(([name, value]) => [name.toLowerCase(), value])))
  t.is(answer.headers['x-request-id'], problem.request_id)
}
