import {once} from 'node:events'
import {Agent, request, type IncomingMessage} from 'node:http'
import {connect, type Socket} from 'node:net'
import {buffer, text} from 'node:stream/consumers'

import test, {type ExecutionContext} from 'ava'
import express, {type Express} from 'express'

import {listen, type ListenOptions} from '../../../src/http/listener.ts'
import {until} from '../../helpers/until.ts'

const large = Buffer.alloc(50_000_000)

test('a client that takes nothing of its answer is cut off, and one that is slow is not', async (t) => {
  let closed = 0
  const app = express().get('/', (_request, response) => {
    response.once('close', () => closed++)
    response.end(large)
  })
  const {port} = await start(t, app, {stalledMs: 1000})

  const stalled = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(async () => Promise.resolve(closed === 1))
  let taken = 0
  stalled.on('data', (data: Buffer) => (taken += data.length))
  await once(stalled, 'close')
  t.true(taken < large.length)

  const slow = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let received = 0
  const began = performance.now()
  slow.on('data', (data: Buffer) => {
    received += data.length
    // Until it has taken longer than a client that takes nothing may.
    if (performance.now() - began > 2500) return
    slow.pause()
    setTimeout(() => slow.resume(), 5)
  })
  await once(slow, 'close')
  t.true(received > large.length)
})

test('a request that waits longer than a client may stall is answered', async (t) => {
  const app = express().get('/', (_request, response) => {
    setTimeout(() => response.end('late'), 500)
  })
  const {origin} = await start(t, app, {stalledMs: 100})

  t.is(await (await fetch(origin)).text(), 'late')
})

test('a shutdown answers a request on a connection that was idle, and closes the connection', async (t) => {
  const app = express().get('/', (_request, response) => {
    response.end('fine')
  })
  const {port, close} = await start(t, app)
  const socket = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')

  const closing = close(20_000)
  await untilRefused(port)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')

  const answer = (await buffer(socket)).toString()
  t.regex(answer, /^HTTP\/1\.1 200 /)
  t.regex(answer, /^connection: close\r$/im)
  await t.notThrowsAsync(closing)
})

test('a shutdown does not wait for connections without a request', async (t) => {
  const {port, close, origin} = await start(t, express())
  const silent = await open(t, port, '')
  await (await fetch(origin)).text()
  const began = performance.now()

  await Promise.all([close(60_000), once(silent, 'close')])

  t.true(performance.now() - began < 30_000)
})

test('24 busy clients over 20 stops: every request is answered or refused, and none is reset', async (t) => {
  const app = express().put('/', (_request, response) => {
    setImmediate(() => response.end('fine'))
  })
  let answered = 0
  const failures: string[] = []

  for (let stop = 0; stop < 20; stop++) {
    const {port, close} = await start(t, app)
    const agent = new Agent({keepAlive: true})
    const before = answered
    const clients = Array.from({length: 24}, async () => {
      for (;;) {
        const outcome = await put(agent, port)
        if (outcome === 'ECONNREFUSED') return
        if (outcome === 'answered') answered++
        else failures.push(outcome)
      }
    })
    await until(async () => Promise.resolve(answered >= before + 200))
    await close(20_000)
    await Promise.all(clients)
    agent.destroy()
  }

  t.deepEqual(failures, [])
})

async function start(t: ExecutionContext, app: Express, options: Partial<ListenOptions> = {}) {
  const {url: origin, close} = await listen(app, {host: '127.0.0.1', port: 0, ...options})
  t.teardown(async () => close(0))
  return {origin, port: Number(new URL(origin).port), close}
}

async function open(t: ExecutionContext, port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

async function untilRefused(port: number): Promise<void> {
  await until(async () => {
    const socket = connect(port, '127.0.0.1')
    return new Promise((resolve) => {
      socket.once('error', () => {
        resolve(true)
      })
      socket.once('connect', () => {
        socket.destroy()
        resolve(false)
      })
    })
  })
}

/** How a request ended: `answered`, or the code of its error. */
async function put(agent: Agent, port: number): Promise<string> {
  const sent = request({host: '127.0.0.1', port, method: 'PUT', agent})
  sent.end('{}')
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return (await text(response)) === 'fine' ? 'answered' : `status ${response.statusCode}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
