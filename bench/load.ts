import {connect} from 'node:net'

export type Load = {
  connections: number
  seconds: number
  /** The bytes of the next request. */
  request: () => string
  /** The status that every answer must have. */
  status: number
}

export type Measured = {perSecond: number; p50: number; p99: number}

/**
 * Keeps so many connections busy, one request at a time each, over plain sockets: a client of some library would take
 * as much of the machine as the server. Throws for the first answer that is not what was asked for.
 */
export async function measure(origin: string, load: Load): Promise<Measured> {
  const latencies: number[] = []
  const start = performance.now()
  const deadline = start + load.seconds * 1000
  await Promise.all(
    Array.from({length: load.connections}, async () => runConnection(new URL(origin), load, deadline, latencies)),
  )
  const elapsed = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  const percentile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN
  return {perSecond: latencies.length / elapsed, p50: percentile(0.5), p99: percentile(0.99)}
}

async function runConnection(origin: URL, load: Load, deadline: number, latencies: number[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({host: origin.hostname, port: Number(origin.port), noDelay: true})
    const expected = `HTTP/1.1 ${load.status} `
    let received = ''
    let sent = 0
    const send = (): void => {
      sent = performance.now()
      socket.write(load.request())
    }
    socket.setEncoding('latin1')
    socket.once('connect', send)
    socket.once('error', reject)
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = answerEnd(received)
      if (end === undefined) return
      latencies.push(performance.now() - sent)
      if (!received.startsWith(expected)) {
        socket.destroy()
        reject(new Error(`A request failed, so nothing is reported: ${received}`))
        return
      }
      received = received.slice(end)
      if (performance.now() < deadline) send()
      else socket.end(resolve)
    })
  })
}

/** Where the answer ends; undefined as long as it is not all there. */
function answerEnd(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  const end = head + 4 + Number(length ?? 0)
  return text.length >= end ? end : undefined
}

export function httpRequest(method: string, path: string, token?: string, body?: unknown): string {
  const json = body === undefined ? '' : JSON.stringify(body)
  return [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...(token === undefined ? [] : [`Authorization: Token ${token}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`]),
    '',
    json,
  ].join('\r\n')
}
