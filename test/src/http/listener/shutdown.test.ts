import {once} from 'node:events'
import {Agent, request, type IncomingMessage} from 'node:http'
import {connect} from 'node:net'
import {buffer, text} from 'node:stream/consumers'
import {setImmediate as nextTurn} from 'node:timers/promises'

import test from 'ava'
import express from 'express'

import {open, requests, start, stopClock} from '../../../helpers/listener.ts'
import {until} from '../../../helpers/until.ts'

const large = Buffer.alloc(50_000_000)

test('a shutdown cuts off a client that does not take its answer', async (t) => {
  const app = express().get('/', (_request, response) => {
    response.end(large)
  })
  const {port, close} = await start(t, app, {answerMs: 1000})
  const idle = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(idle, 'readable')
  const began = performance.now()

  await close(60_000)

  t.true(performance.now() - began < 30_000)
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

test('a shutdown answers all requests that have arrived on a connection', async (t) => {
  let begun = 0
  const app = express().get('/:n', (request, response) => {
    begun++
    setTimeout(() => response.end(`answer ${request.params.n}.`), 100)
  })
  const {port, close} = await start(t, app)
  const socket = await open(t, port, requests(3, 'keep-alive'))
  const reading = buffer(socket)
  await until(async () => Promise.resolve(begun > 0))

  await close(20_000)

  const answers = (await reading).toString()
  t.deepEqual(answers.match(/answer \d+/g), ['answer 0', 'answer 1', 'answer 2'])
  t.is(answers.match(/^connection: close\r$/gim)?.length, 1)
})

test('a shutdown does not wait for connections without a request', async (t) => {
  const {port, close, origin} = await start(t, express())
  const silent = await open(t, port, '')
  await (await fetch(origin)).text()
  const began = performance.now()

  await Promise.all([close(60_000), once(silent, 'close')])

  t.true(performance.now() - began < 30_000)
})

test.serial('a shutdown answers a request that arrived while the process stood still', async (t) => {
  const app = express().use((_request, response) => {
    response.end('answered')
  })
  const {port, close} = await start(t, app)
  const clock = stopClock(t)
  const socket = await open(t, port, '')
  // Once this one is answered, the server has accepted the other one, too.
  await buffer(await open(t, port, requests(1)))

  const closing = close(20_000)
  await nextTurn()
  socket.write(requests(1))
  // The clock and the timers go on, and nothing is read.
  clock.move(2000)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)

  t.regex((await buffer(socket)).toString(), /^HTTP\/1\.1 200 /)
  await closing
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
