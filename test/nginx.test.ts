import {once} from 'node:events'
import {readFile} from 'node:fs/promises'
import {createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse} from 'node:http'
import {connect, type AddressInfo} from 'node:net'
import {buffer} from 'node:stream/consumers'
import {gunzipSync} from 'node:zlib'

import test, {type ExecutionContext} from 'ava'
import express from 'express'

import {listen} from '../src/http/listener.ts'
import {ask} from './helpers/ask.ts'
import {openShop} from './helpers/basket-requests.ts'
import {checkBooks} from './helpers/books.ts'
import {startBuyers} from './helpers/buyers.ts'
import {createDatabase} from './helpers/database.ts'
import {addCaller, startShop} from './helpers/http.ts'
import {findFreePort, nginxBinary, startNginx, templateFile} from './helpers/nginx.ts'
import {toHeaders} from './helpers/send.ts'
import {spawnServe} from './helpers/serve.ts'
import {addProduct} from './helpers/shop.ts'
import {until} from './helpers/until.ts'
import {checkAnswer} from './helpers/validate-answer.ts'

const withNginx = nginxBinary === undefined ? test.skip : test

if (nginxBinary === undefined)
  process.stderr.write('SKIPPED: test/nginx.test.ts needs nginx, which is not installed.\n')

withNginx(
  'the API gets the host with its port, the client address and the scheme, but no forwarded host',
  async (t) => {
    const {port, received} = await setUp(t)

    await send(port, {
      headers: {Host: 'shop.example:8000', 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Host': 'evil'},
    })

    t.like(received[0]?.headers, {
      host: 'shop.example:8000',
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': undefined,
    })
  },
)

withNginx('https that ends at a load balancer stays https, and no other header of it is trusted', async (t) => {
  const {port, received} = await setUp(t)

  await send(port, {headers: {'X-Forwarded-Proto': 'https'}})
  await send(port, {headers: {'X-Forwarded-Proto': 'javascript'}})

  t.deepEqual(
    received.map(({headers}) => headers['x-forwarded-proto']),
    ['https', 'http'],
  )
})

withNginx('an HTTP/1.0 request without a Host is served', async (t) => {
  const {port, received} = await setUp(t)
  const socket = connect(port, '127.0.0.1')

  socket.write('GET /products/list/ HTTP/1.0\r\n\r\n')
  const answer = (await buffer(socket)).toString()

  t.regex(answer, /^HTTP\/1\.1 200 /)
  t.is(received[0]?.headers.host, 'localhost')
})

withNginx('method, path, query, authorization, idempotency key and body arrive unchanged', async (t) => {
  const {port, received} = await setUp(t)
  const headers = {Authorization: 'Token abc', 'Idempotency-Key': 'k 1', 'Content-Type': 'application/json'}

  await send(port, {method: 'PUT', path: '/orders/create/?a=%2F%20b', headers, body: '{"items": []}'})

  t.like(received[0], {method: 'PUT', url: '/orders/create/?a=%2F%20b', body: '{"items": []}'})
  t.like(received[0]?.headers, {
    authorization: 'Token abc',
    'idempotency-key': 'k 1',
    'content-type': 'application/json',
  })
})

withNginx('a body of 1 MB passes; one byte more never reaches the API', async (t) => {
  const {port, received} = await setUp(t)

  const fits = await send(port, {method: 'PUT', body: 'x'.repeat(1_000_000)})
  const tooLarge = await send(port, {method: 'PUT', body: 'x'.repeat(1_000_001)})

  t.is(fits.status, 200)
  t.is(received[0]?.body.length, 1_000_000)
  isProblem(t, tooLarge, 413)
  t.is(received.length, 1)
})

withNginx('an order whose connection breaks is answered 502 and was sent exactly once', async (t) => {
  const {port, received, connections} = await setUp(t, (request, response) => {
    if (request.method === 'PUT') request.socket.destroy()
    else response.end()
  })
  // nginx would retry when a kept-alive connection breaks.
  await send(port)

  const answer = await send(port, {method: 'PUT', path: '/orders/create/', body: '{}'})

  isProblem(t, answer, 502)
  t.deepEqual(
    received.map(({method}) => method),
    ['GET', 'PUT'],
  )
  t.is(connections(), 1)
})

withNginx('requests share a connection to the API', async (t) => {
  const {port, received, connections} = await setUp(t)

  for (let count = 0; count < 5; count++) await send(port)

  t.is(received.length, 5)
  t.is(connections(), 1)
})

test('nginx closes an idle connection before the API does', async (t) => {
  const server = await listen(express(), {host: '127.0.0.1', port: 0})
  t.teardown(async () => server.close(0))
  const configuration = await readFile(templateFile, 'utf8')

  const answer = await fetch(server.url)

  const ofApi = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1]
  const ofNginx = /keepalive 32;[^}]*keepalive_timeout (\d+)s;/.exec(configuration)?.[1]
  t.true(Number(ofNginx) < Number(ofApi), `nginx: ${ofNginx} s, API: ${ofApi} s`)
})

withNginx('nginx answers a body that is too large with exactly the problem of the API', async (t) => {
  const shop = await startShop(t)
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))
  const body = 'x'.repeat(1_000_001)

  const {headers} = await addCaller(shop)
  const ofApi = await shop.send('PUT', '/orders/create/', {body, headers})
  const ofNginx = await sendToShop(port, {method: 'PUT', path: '/orders/create/', body, headers})

  t.is(ofNginx.status, ofApi.status)
  t.deepEqual(ofNginx.body, ofApi.body)
})

withNginx('links to pages have the host, the port and the scheme that the client used', async (t) => {
  const shop = await startShop(t)
  for (let count = 0; count < 21; count++) await addProduct(shop.db)
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))

  const here = await sendToShop(port, {path: '/products/list/'})
  const outside = await sendToShop(port, {
    path: '/products/list/',
    headers: {Host: 'shop.example:8000', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example'},
  })

  t.like(here.body, {next: `http://127.0.0.1:${port}/products/list/?page=2`})
  t.like(outside.body, {next: 'https://shop.example:8000/products/list/?page=2'})
})

withNginx('the tag of a basket, which compression weakens, still stands for its version', async (t) => {
  const {shop, db, anna} = await openShop(t)
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))
  const items: object[] = []
  while (items.length < 10) items.push({product_id: await addProduct(db), quantity: 1})
  await anna.add(items)
  const send = async (method: string, headers = {}) =>
    ask(`http://127.0.0.1:${port}/basket/`, {method, headers: {...anna.headers, ...headers}})

  const {headers} = await send('GET')
  const tag = headers.get('etag') ?? ''

  t.is(headers.get('content-encoding'), 'gzip')
  t.regex(tag, /^W\/"/)
  t.is((await send('DELETE', {'if-match': 'W/"0"'})).status, 412)
  t.is((await send('DELETE', {'if-match': tag})).status, 200)
  t.is((await send('DELETE', {'if-match': tag})).status, 412)
})

withNginx('JSON is compressed for clients that accept it', async (t) => {
  const body = JSON.stringify(Array.from({length: 200}, (_, id) => ({id, name: 'a product'})))
  const {port} = await setUp(t, (_, response) => {
    response.setHeader('Content-Type', 'application/json; charset=utf-8').end(body)
  })

  const plain = await send(port)
  const compressed = await send(port, {headers: {'Accept-Encoding': 'gzip'}})

  t.is(plain.headers['content-encoding'], undefined)
  t.is(plain.body.toString(), body)
  t.is(compressed.headers['content-encoding'], 'gzip')
  t.is(gunzipSync(compressed.body).toString(), body)
  t.is(compressed.headers.vary, 'Accept-Encoding')
})

withNginx("the API's own errors pass unchanged", async (t) => {
  const {port} = await setUp(t, (_, response) => {
    response.writeHead(413, {'Content-Type': 'application/problem+json'}).end('{"code":"its own"}')
  })

  const answer = await send(port)

  t.is(answer.status, 413)
  t.is(answer.body.toString(), '{"code":"its own"}')
})

withNginx('each request is logged as a line on stdout, without its credentials', async (t) => {
  const {port, readLog} = await setUp(t)

  await send(port, {path: '/products/list/', headers: {Authorization: 'Token secret'}})

  const log = await readLog()
  t.regex(log, /127\.0\.0\.1 "GET \/products\/list\/ HTTP\/1\.1" 200 /)
  t.notRegex(log, /secret/)
})

withNginx('a rolling restart of two replicas fails no request', async (t) => {
  const {db, url} = await createDatabase(t)
  const start = async (port: string) => {
    const shop = spawnServe(t, {DATABASE_URL: url}, ['--port', port])
    return {shop, port: new URL(await shop.url).port}
  }
  const replicas = [await start('0'), await start('0')]
  const {port, readLog} = await startNginx(t, ...replicas.map(({port}) => Number(port)))
  const buyers = await startBuyers(t, {db, origin: `http://127.0.0.1:${port}`})
  const untilConfirmed = async () => {
    const before = buyers.confirmed()
    await until(async () => Promise.resolve(buyers.confirmed() >= before + 100))
  }

  for (const {shop, port} of replicas) {
    await untilConfirmed()
    shop.child.kill('SIGTERM')
    t.is(await shop.exitCode, 0)
    const {shop: successor} = await start(port)
    // nginx sends it requests again.
    await until(async () => Promise.resolve(successor.stdout().includes('"status":201')))
  }
  await untilConfirmed()

  const purchases = await buyers.stop()
  t.is(buyers.broken(), 0)
  t.deepEqual(new Set(purchases.map(({answer}) => answer?.status)), new Set([201]))
  // There were refused connections, and their requests went to the other replica.
  t.regex(await readLog(), / 201 \d+ \S+ upstream=\S+ : \S+ 502 : 201 /)
  await checkBooks(t, db, purchases)
})

withNginx('no replica at all is 502', async (t) => {
  const [one, other] = [await findFreePort(), await findFreePort()]
  const {port} = await startNginx(t, one, other)

  for (let count = 0; count < 3; count++) isProblem(t, await send(port), 502)
})

type Received = {method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string}
type Answer = {status: number | undefined; headers: IncomingHttpHeaders; body: Buffer}

/** Starts nginx in front of a stand-in for the API that records what it receives. */
async function setUp(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end(),
) {
  const received: Received[] = []
  let connections = 0
  const api = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({method: request.method, url: request.url, headers: request.headers, body: body.toString()})
      answer(request, response)
    })
  })
  api.on('connection', () => connections++)
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.close()
    api.closeAllConnections()
  })

  const {port, readLog} = await startNginx(t, (api.address() as AddressInfo).port)
  return {port, readLog, received, connections: () => connections}
}

/** Requests through nginx to the real shop: the answers must match the document. */
async function sendToShop(port: number, request: Sent) {
  const {status = 0, headers, body} = await send(port, request)
  const answer = {status, headers: toHeaders(headers), body: JSON.parse(body.toString()) as unknown}
  checkAnswer(request.method ?? 'GET', request.path ?? '/', answer)
  return answer
}

type Sent = {method?: string; path?: string; headers?: Record<string, string>; body?: string}

/** Uses node:http, because fetch sets the Host itself. */
async function send(port: number, {method = 'GET', path = '/', headers = {}, body = ''}: Sent = {}): Promise<Answer> {
  const outgoing = request({host: '127.0.0.1', port, method, path, headers, agent: false})
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return {status: response.statusCode, headers: response.headers, body: await buffer(response)}
}

function isProblem(t: ExecutionContext, answer: Answer, status: number): void {
  t.is(answer.status, status)
  t.is(answer.headers['content-type'], 'application/problem+json')
  t.like(JSON.parse(answer.body.toString()), {type: 'about:blank', status})
}
