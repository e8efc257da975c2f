import {once} from 'node:events'
import {connect, type Socket} from 'node:net'

import type {ExecutionContext} from 'ava'
import type {Express} from 'express'

import {listen, type ListenOptions} from '../../src/http/listener.ts'

type Listening = {origin: string; port: number; close: (graceMs: number) => Promise<void>}

/** Serves an application until the test ends. */
export async function start(
  t: ExecutionContext,
  app: Express,
  options: Partial<ListenOptions> = {},
): Promise<Listening> {
  const {url: origin, close} = await listen(app, {host: '127.0.0.1', port: 0, ...options})
  t.teardown(async () => close(0))
  return {origin, port: Number(new URL(origin).port), close}
}

/** Opens a connection and sends a text. */
export async function open(t: ExecutionContext, port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Numbered requests in one text. The last one says what becomes of the connection. */
export function requests(count: number, connection = 'close'): string {
  return Array.from({length: count}, (_, n) => {
    const headers = n === count - 1 ? `Host: x\r\nConnection: ${connection}` : 'Host: x'
    return `GET /${n} HTTP/1.1\r\n${headers}\r\n\r\n`
  }).join('')
}

/** Stops the time of this thread, so only for tests that run alone. */
export function stopClock(t: ExecutionContext): {move: (ms: number) => void} {
  const now = performance.now.bind(performance)
  let time = performance.now()
  performance.now = () => time
  t.teardown(() => (performance.now = now))
  return {
    move(ms) {
      time += ms
    },
  }
}
