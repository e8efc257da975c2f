import {once} from 'node:events'
import {connect, type Socket} from 'node:net'

import {BenchmarkError} from './benchmark-error.ts'

export type Answer = {status: number; contentType: string | undefined; body: string}

type Waiting = {resolve: (answer: Answer) => void; reject: (error: Error) => void}

/**
 * Sends one request at a time over a plain socket, since the client of a library would take as much CPU as the server.
 * Understands only answers that have a Content-Length or no body.
 */
export class HttpConnection {
  readonly #socket: Socket
  #received = ''
  #waiting: Waiting | undefined
  #end: Error | undefined

  constructor(origin: string) {
    const {hostname, port} = new URL(origin)
    this.#socket = connect({host: hostname, port: Number(port), noDelay: true})
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (chunk: string) => {
      this.#received += chunk
      this.#takeAnswer()
    })
    this.#socket.on('error', (error) => {
      this.#fail(new BenchmarkError(`A connection failed: ${error.message}`, {cause: error}))
    })
    this.#socket.on('close', () => {
      this.#fail(new BenchmarkError('The server closed a connection.'))
    })
  }

  async opened(): Promise<void> {
    await once(this.#socket, 'connect')
  }

  async send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end) {
        reject(this.#end)
        return
      }
      this.#waiting = {resolve, reject}
      this.#socket.write(request, 'utf8')
    })
  }

  /** Sends a request, and hangs up without waiting for the answer. */
  async abandon(request: string): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.write(request, 'utf8', () => {
      this.close()
    })
    await closed
  }

  close(): void {
    this.#socket.destroy()
  }

  #takeAnswer(): void {
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#received.slice(0, headEnd)
    const bodyStart = headEnd + 4
    const bodyEnd = bodyStart + Number(headerOf(head, 'content-length') ?? 0)
    if (this.#received.length < bodyEnd) return

    const body = this.#received.slice(bodyStart, bodyEnd)
    this.#received = this.#received.slice(bodyEnd)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (!waiting || headerOf(head, 'transfer-encoding') !== undefined) {
      this.#fail(new BenchmarkError(`The benchmark cannot read this answer of the server: ${head}`), waiting)
      return
    }
    waiting.resolve({status: Number(head.slice(9, 12)), contentType: headerOf(head, 'content-type'), body})
  }

  #fail(error: Error, waiting = this.#waiting): void {
    this.#end ??= error
    this.#waiting = undefined
    waiting?.reject(error)
    this.#socket.destroy()
  }
}

function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`\r\n${name}: (.*)`, 'i').exec(head)?.[1]
}

export type HttpRequest = {
  method: string
  path: string
  token?: string
  forwardedFor?: string
  idempotencyKey?: string
  body?: unknown
}

export function requestText({method, path, token, forwardedFor, idempotencyKey, body}: HttpRequest): string {
  const json = body === undefined ? '' : JSON.stringify(body)
  return [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...(token === undefined ? [] : [`Authorization: Token ${token}`]),
    ...(forwardedFor === undefined ? [] : [`X-Forwarded-For: ${forwardedFor}`]),
    ...(idempotencyKey === undefined ? [] : [`Idempotency-Key: ${idempotencyKey}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`]),
    '',
    json,
  ].join('\r\n')
}
