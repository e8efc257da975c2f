import {once} from 'node:events'
import {buffer} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'
import express from 'express'

import {open, requests, start} from '../../../helpers/listener.ts'

test('requests that are sent before the answers to earlier ones are carried out one after the other', async (t) => {
  let running = 0
  let mostRunning = 0
  const app = express().get('/:n', (request, response) => {
    mostRunning = Math.max(mostRunning, ++running)
    setTimeout(() => {
      running--
      response.end(`answer ${request.params.n}.`)
    }, 5)
  })
  const {port} = await start(t, app)

  const socket = await open(t, port, requests(101))

  const answers = (await buffer(socket)).toString()
  t.is(mostRunning, 1)
  t.deepEqual(
    answers.match(/answer \d+/g),
    Array.from({length: 101}, (_, n) => `answer ${n}`),
  )
})

for (const [what, invalid] of [
  ['what is not HTTP', 'nonsense\r\n\r\n'],
  ['a body that is not valid', 'POST /late HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n'],
] as const) {
  test(`${what} behind requests that have arrived is not answered in their place, and ends the connection`, async (t) => {
    const app = express().use((request, response) => {
      setTimeout(() => response.end(`answer ${request.path}.`), 50)
    })
    const {port} = await start(t, app)

    const socket = await open(t, port, requests(3, 'keep-alive') + invalid)

    const answers = (await buffer(socket)).toString()
    t.deepEqual(answers.match(/answer \/\w+|HTTP\/1.1 \d+/g), [
      ...['HTTP/1.1 200', 'answer /0', 'HTTP/1.1 200', 'answer /1', 'HTTP/1.1 200', 'answer /2'],
    ])
  })
}

test('a request without a Host header is refused after the answers to those before it, and none behind it is carried out', async (t) => {
  const begun: string[] = []
  const app = express().use((request, response) => {
    begun.push(request.path)
    setTimeout(() => response.end(`answer ${request.path}.`), 50)
  })
  const {port} = await start(t, app)

  const hostless = `GET /hostless HTTP/1.1\r\n\r\n${requests(1)}`

  t.regex((await buffer(await open(t, port, hostless))).toString(), /^HTTP\/1\.1 400 /)
  t.deepEqual(begun, [])
  const socket = await open(t, port, requests(2, 'keep-alive') + hostless)

  const answers = (await buffer(socket)).toString()
  t.deepEqual(answers.match(/answer \/\w+|HTTP\/1.1 \d+/g), [
    ...['HTTP/1.1 200', 'answer /0', 'HTTP/1.1 200', 'answer /1', 'HTTP/1.1 400'],
  ])
  t.deepEqual(begun, ['/0', '/1'])
})

test('a client that sends on behind what is not HTTP still gets all answers that it has yet to receive', async (t) => {
  const answer = Buffer.alloc(200_000)
  const app = express().use((_request, response) => {
    setTimeout(() => response.end(answer), 50)
  })
  const {port} = await start(t, app)
  const [waiting, answered] = await Promise.all([
    open(t, port, `${requests(1, 'keep-alive')}nonsense\r\n\r\n`),
    open(t, port, requests(1, 'keep-alive')),
  ])
  await delay(20)
  waiting.write('x'.repeat(50_000))
  await delay(200)
  answered.write('nonsense\r\n\r\n')
  await delay(20)
  answered.write('x'.repeat(50_000))
  await delay(100)

  for (const socket of [waiting, answered]) t.true((await buffer(socket)).length > answer.length)
})

test('a request that was answered before its body turned out to be invalid gets no second answer', async (t) => {
  const app = express().use((_request, response) => {
    response.end('answer')
  })
  const {port} = await start(t, app)
  const socket = await open(t, port, 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  const [first] = await once(socket, 'data')

  socket.write('nonsense\r\n')

  t.regex(String(first), /^HTTP\/1\.1 200 [^]*answer$/)
  t.is((await buffer(socket)).toString(), '')
})

test('while requests wait on a connection, no more are read', async (t) => {
  const app = express().get('/:n', (request, response) => {
    setTimeout(() => response.end(`answer ${request.params.n}.`), 5)
  })
  const {port} = await start(t, app)

  // After 32 headers, node:http behaves in another way.
  const headers = Array.from({length: 40}, (_, n) => `X-${n}: ${'x'.repeat(250)}`)

  const socket = await open(t, port, requests(300).replaceAll('Host: x', ['Host: x', ...headers].join('\r\n')))

  const answers = (await buffer(socket)).toString()
  t.deepEqual(
    answers.match(/answer \d+/g),
    Array.from({length: 300}, (_, n) => `answer ${n}`),
  )
})

test('a connection with more than 100 waiting requests is cut off', async (t) => {
  let begun = 0
  const app = express().get('/:n', (_request, response) => {
    begun++
    setTimeout(() => response.end('fine'), 100)
  })
  const {port} = await start(t, app)

  const socket = await open(t, port, requests(102))

  t.is((await buffer(socket)).toString(), '')
  await delay(300)
  t.is(begun, 1)
})
