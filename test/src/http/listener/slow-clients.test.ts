import {once} from 'node:events'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'
import express from 'express'

import type {Refusal} from '../../../../src/http/listener.ts'
import {open, start, stopClock} from '../../../helpers/listener.ts'
import {until} from '../../../helpers/until.ts'

const large = Buffer.alloc(50_000_000)

test('a client that does not take its answer in time is cut off, whether it takes nothing or little', async (t) => {
  const app = express().get('/', (_request, response) => {
    response.end(large)
  })
  const {port} = await start(t, app, {answerMs: 1000})

  const idle = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const slow = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  let taken = 0
  slow.on('data', (data: Buffer) => {
    taken += data.length
    slow.pause()
    setTimeout(() => slow.resume(), 100)
  })
  // Without being read, a socket does not notice its end.
  setTimeout(() => idle.resume(), 4000)
  await Promise.all([once(slow, 'close'), once(idle, 'close')])

  t.true(taken < large.length)
  t.true(idle.bytesRead < large.length)
})

test.serial(
  'a client that takes its answer in time gets all of it, and the connection may wait for the next request',
  async (t) => {
    const answer = large.subarray(0, 5_000_000)
    const app = express().get('/', (_request, response) => {
      response.end(answer)
    })
    // No time passes while the client takes an answer, however long a busy machine needs for that.
    const clock = stopClock(t)
    const {port} = await start(t, app, {answerMs: 1000})
    const socket = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.resume()
    await until(async () => Promise.resolve(socket.bytesRead > answer.length))

    for (let second = 0; second < 3; second++) {
      await delay(1000)
      clock.move(1000)
    }
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await once(socket, 'close')

    t.true(socket.bytesRead > 2 * answer.length)
  },
)

test('a client that does not take a streamed answer in time is cut off', async (t) => {
  const app = express().get('/', (_request, response) => {
    Readable.from(Array.from({length: 50}, () => large.subarray(0, 1_000_000))).pipe(response)
  })
  const {port} = await start(t, app, {answerMs: 1000})

  const idle = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  setTimeout(() => idle.resume(), 4000)
  await once(idle, 'close')

  t.true(idle.bytesRead < large.length)
})

test('when clients leave more than 100 MB of answers, the slowest are cut off', async (t) => {
  const answer = large.subarray(0, 40_000_000)
  const app = express().get('/', (_request, response) => {
    response.end(answer)
  })
  const {port} = await start(t, app)
  const idle = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await delay(2500)
  const later = [
    await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  ]
  await delay(2500)

  await Promise.all([idle, ...later].map(async (socket) => once(socket.resume(), 'close')))

  t.true(idle.bytesRead < answer.length)
  t.deepEqual(
    later.map(({bytesRead}) => bytesRead > answer.length),
    [true, true],
  )
})

test('a request may wait for longer than a client may take for its answer', async (t) => {
  const app = express().get('/', (_request, response) => {
    setTimeout(() => response.end('late'), 3500)
  })
  const {origin} = await start(t, app, {answerMs: 1000})

  t.is(await (await fetch(origin)).text(), 'late')
})

test('headers, or a body, that do not arrive in time are answered 408, and so is a connection without a request', async (t) => {
  const app = express().use(express.raw({type: () => true}), (_request, response) => {
    response.end('fine')
  })
  const {port} = await start(t, app, {headersMs: 500, requestMs: 1500})

  const answers = await Promise.all(
    ['', 'GET / HTTP/1.1\r\nHost: x\r\n', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'].map(async (text) =>
      (await buffer(await open(t, port, text))).toString(),
    ),
  )

  for (const answer of answers) {
    t.regex(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/)
    t.regex(answer, /\r\nContent-Security-Policy: default-src 'none';frame-ancestors 'none'\r\n/)
    t.regex(answer, /"code":"request_timeout","request_id":"[\w-]{36}"\}$/)
  }
})

test('a client that sends its body a byte at a time is cut off in the same time', async (t) => {
  const app = express().use(express.raw({type: () => true}), (_request, response) => {
    response.end('fine')
  })
  const {port} = await start(t, app, {headersMs: 500, requestMs: 1500})
  const began = performance.now()
  const socket = await open(t, port, 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{')
  const drip = setInterval(() => socket.write(' '), 50)

  const answer = (await buffer(socket)).toString()
  clearInterval(drip)

  t.regex(answer, /^HTTP\/1\.1 408 /)
  t.true(performance.now() - began < 30_000)
})

test('beyond the most connections, those that never asked for anything make room, and then idle ones', async (t) => {
  const app = express().get('/', (_request, response) => {
    response.end('fine')
  })
  const rooms: number[] = []
  const {port} = await start(t, app, {maxConnections: 4, onCrowded: (closed) => rooms.push(closed)})
  const used = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(used, 'data')
  const silent = [await open(t, port, ''), await open(t, port, 'GET / HTTP/1.1\r\n'), await open(t, port, '')]
  const ends = [used, ...silent].map(async (socket, n) => once(socket.resume(), 'close').then(() => n))
  const ended: number[] = []
  for (const end of ends) void end.then((n) => ended.push(n))

  for (let count = 1; count <= 4; count++) {
    const socket = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    t.regex(String(await once(socket, 'data')), /fine$/)
    await until(async () => Promise.resolve(ended.length === count))
  }

  t.deepEqual(ended, [1, 2, 3, 0])
  t.deepEqual(rooms, [1, 1, 1, 1])
})

test('beyond the most connections, another one is answered 503 if all of them work', async (t) => {
  let finish: () => void = () => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  let begun = 0
  const app = express().get('/', async (_request, response) => {
    begun++
    await finished
    response.end('fine')
  })
  const refusals: Refusal[] = []
  const {port} = await start(t, app, {maxConnections: 2, onRefusal: (refusal) => refusals.push(refusal)})
  const busy = [
    await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  ]
  await until(async () => Promise.resolve(begun === 2))

  const answer = (await buffer(await open(t, port, ''))).toString()
  finish()

  t.regex(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\nRetry-After: 5\r\n[^]*"code":"too_many_connections"/)
  t.like(refusals, [{code: 'too_many_connections', isRequest: false}])
  for (const socket of busy) t.regex((await buffer(socket)).toString(), /fine$/)
})

test('when clients hold back the ends of more than 50 MB of bodies, the slowest are cut off', async (t) => {
  const app = express().use(express.raw({type: () => true, limit: 40_000_000}), (_request, response) => {
    response.end('fine')
  })
  const {port} = await start(t, app)
  const head = 'PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 30000000\r\n\r\n'
  const [slow, later] = [await open(t, port, head), await open(t, port, head)]
  const answers = [slow, later].map(async (socket) => (await buffer(socket)).toString())

  slow.write(large.subarray(0, 29_999_999))
  await delay(2500)
  later.write(large.subarray(0, 29_999_999))
  t.is(await answers[0], '')
  later.write('x')

  t.regex((await answers[1]) ?? '', /fine$/)
})

test('a connection that has sent more than 50 MB of bodies is not cut off while it sends another', async (t) => {
  const app = express().use(express.raw({type: () => true, limit: 40_000_000}), (_request, response) => {
    response.end('fine')
  })
  const {port} = await start(t, app)
  const head = 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n'
  const socket = await open(t, port, '')
  for (let n = 0; n < 3; n++) {
    socket.write(head)
    socket.write(large.subarray(0, 30_000_000))
    await once(socket, 'data')
  }

  const closed = once(socket, 'close')
  socket.write(head)
  socket.write(large.subarray(0, 29_999_999))
  await delay(2500)
  socket.write('x')

  const [answer] = (await Promise.race([once(socket, 'data'), closed])) as unknown[]
  t.regex(String(answer), /fine$/)
})
