import {once} from 'node:events'
import {Agent, request, type IncomingMessage} from 'node:http'
import {connect, type Socket} from 'node:net'
import {Readable} from 'node:stream'
import {buffer, text} from 'node:stream/consumers'
import {setImmediate as nextTurn, setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'
import express, {type Express} from 'express'

import {listen, type ListenOptions, type Refusal} from '../../../src/http/listener.ts'
import {until} from '../../helpers/until.ts'

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

test('a client that takes its answer in time gets all of it, and the connection may wait for the next request', async (t) => {
  const answer = large.subarray(0, 5_000_000)
  const app = express().get('/', (_request, response) => {
    response.end(answer)
  })
  const {port} = await start(t, app, {answerMs: 1000})
  const socket = await open(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.resume()
  await until(async () => Promise.resolve(socket.bytesRead > answer.length))

  await delay(2500)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await once(socket, 'close')

  t.true(socket.bytesRead > 2 * answer.length)
})

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
  const answer = large.subarray(0, 200_000)
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

test('a request may wait for longer than a client may take for its answer', async (t) => {
  const app = express().get('/', (_request, response) => {
    setTimeout(() => response.end('late'), 3500)
  })
  const {origin} = await start(t, app, {answerMs: 1000})

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
  const now = performance.now.bind(performance)
  let time = performance.now()
  performance.now = () => time
  t.teardown(() => (performance.now = now))
  const socket = await open(t, port, '')
  // Once this one is answered, the server has accepted the other one, too.
  await buffer(await open(t, port, requests(1)))

  const closing = close(20_000)
  await nextTurn()
  socket.write(requests(1))
  // The clock and the timers go on, and nothing is read.
  time += 2000
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

/** Numbered requests in one text. The last one says what becomes of the connection. */
function requests(count: number, connection = 'close'): string {
  return Array.from({length: count}, (_, n) => {
    const headers = n === count - 1 ? `Host: x\r\nConnection: ${connection}` : 'Host: x'
    return `GET /${n} HTTP/1.1\r\n${headers}\r\n\r\n`
  }).join('')
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
