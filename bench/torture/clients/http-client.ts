import {Agent, request as sendRequest} from 'node:http'

import type {Random} from '../random.ts'

export type Reply =
  | {kind: 'answer'; status: number; code: string; body: unknown; etag: string | undefined}
  /** The request was never sent. */
  | {kind: 'unsent'; code: string}
  /** Nobody knows whether it was received. */
  | {kind: 'silence'; code: string}

export type Call = {method: string; path: string; headers?: Record<string, string>; body?: unknown}

/** Asks the replicas of the shop in turn, on connections that are kept alive, as the user of a token. */
export class HttpClient {
  readonly #agent = new Agent({keepAlive: true, maxSockets: 4})
  readonly #origins: string[]
  readonly #token: string
  readonly #random: Random
  #turn: number

  constructor(origins: string[], token: string, random: Random) {
    this.#origins = origins
    this.#token = token
    this.#random = random
    this.#turn = random.between(0, origins.length - 1)
  }

  async send({method, path, headers, body}: Call): Promise<Reply> {
    const origin = this.#origins[this.#turn++ % this.#origins.length] ?? ''
    // Clients differ in their patience. An order that waits for the payment provider takes 10 s.
    const patienceMs = this.#random.pick([3000, 8000, 15_000])
    const json = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve) => {
      const request = sendRequest(new URL(path, origin), {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Token ${this.#token}`,
          ...(json !== undefined && {'content-type': 'application/json', 'content-length': Buffer.byteLength(json)}),
          ...headers,
        },
      })
      const timer = setTimeout(() => request.destroy(new Error('timed out')), patienceMs)
      const settle = (reply: Reply): void => {
        clearTimeout(timer)
        resolve(reply)
      }
      const fail = (error: Error & {code?: string}): void => {
        const code = error.code ?? error.message
        settle({kind: code === 'ECONNREFUSED' ? 'unsent' : 'silence', code})
      }
      request.on('error', fail)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('close', () => {
          if (!response.complete) {
            fail(new Error('the answer broke off'))
            return
          }
          const answer = parse(Buffer.concat(chunks).toString())
          const code = readText(answer, 'code') ?? String(response.statusCode)
          settle({kind: 'answer', status: response.statusCode ?? 0, code, body: answer, etag: response.headers.etag})
        })
      })
      request.end(json)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // Not every answer is JSON.
    return body
  }
}

export function readText(body: unknown, name: string): string | undefined {
  const value = readMember(body, name)
  return typeof value === 'string' ? value : undefined
}

export function readNumber(body: unknown, name: string): number | undefined {
  const value = readMember(body, name)
  return typeof value === 'number' ? value : undefined
}

export function readMember(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null && name in body ? (body as Record<string, unknown>)[name] : undefined
}
