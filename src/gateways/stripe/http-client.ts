import http from 'node:http'
import https from 'node:https'
import {text} from 'node:stream/consumers'
import type {Stripe} from 'stripe'

type HttpClient = NonNullable<Stripe.StripeConfig['httpClient']>
type Response = Awaited<ReturnType<HttpClient['makeRequest']>>

/** Connections that calls share. */
export type Agents = {http: http.Agent; https: https.Agent}

/** What happened during a call, which may make several requests. */
export type Trace = {
  /** Whether Stripe may have received the last request. */
  sent: boolean
  /** Whether Stripe may have received a request before the last one that changes something. */
  changed: boolean
  /** Whether the last response was that of an earlier request with the same idempotency key. */
  replayed: boolean
}

/**
 * Stripe's library cannot abort a request, limits only the time between two packets, and does not tell a refused
 * connection from one that broke after the request.
 */
export function createHttpClient(agents: Agents, signal: AbortSignal, trace: Trace): HttpClient {
  let last = ''
  return {
    getClientName: () => 'node',
    makeRequest: async (host, port, path, method, headers, body, protocol, timeout) => {
      trace.changed ||= trace.sent && last === 'POST'
      trace.sent = false
      last = method
      const secure = protocol !== 'http'
      const end = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
      const request = (secure ? https : http).request({
        host,
        port,
        path,
        method,
        headers,
        signal: end,
        agent: secure ? agents.https : agents.http,
      })
      try {
        noteConnection(request, secure, trace)
        const response = await send(request, body)
        const content = await text(response)
        trace.replayed = response.headers['idempotent-replayed'] === 'true'
        return answer(response, content)
      } catch (error) {
        // Node reports ECONNRESET for both, which the library would answer by sending the request again.
        if (end.aborted) throw Object.assign(new Error('no response in time'), {code: 'ETIMEDOUT'})
        throw error
      }
    },
  }
}

function noteConnection(request: http.ClientRequest, secure: boolean, trace: Trace): void {
  const connected = () => {
    trace.sent = true
  }
  request.once('socket', (socket) => {
    if (request.reusedSocket) connected()
    else socket.once(secure ? 'secureConnect' : 'connect', connected)
  })
}

async function send(request: http.ClientRequest, body: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
    request.end(body)
  })
}

function answer(response: http.IncomingMessage, content: string): Response {
  return {
    getStatusCode: () => response.statusCode ?? 0,
    getHeaders: () => response.headers as Record<string, string>, // Stripe sends no header twice
    getRawResponse: () => response,
    toStream: () => response,
    toJSON: async () => Promise.resolve(JSON.parse(content) as unknown),
  }
}
