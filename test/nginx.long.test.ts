import {execFile, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {
  createServer,
  request,
  STATUS_CODES,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import {connect as connectHttp2} from 'node:http2'
import {connect, type AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {promisify} from 'node:util'
import {gunzipSync} from 'node:zlib'

import test, {type ExecutionContext} from 'ava'
import express from 'express'

import {securityHeaders} from '../src/http/edge/security-headers.ts'
import {listen} from '../src/http/listener.ts'
import {ask} from './helpers/ask.ts'
import {openShop} from './helpers/basket-requests.ts'
import {checkBooks} from './helpers/books.ts'
import {startBuyers} from './helpers/buyers.ts'
import {createDatabase} from './helpers/database.ts'
import {addCaller, startShop} from './helpers/http.ts'
import {findFreePort, nginxBinary, startNginx, startNginxWith, templates} from './helpers/nginx.ts'
import {toHeaders} from './helpers/send.ts'
import {spawnServe} from './helpers/serve.ts'
import {addProduct} from './helpers/shop.ts'
import {until} from './helpers/until.ts'
import {checkAnswer} from './helpers/validate-answer.ts'

const withNginx = nginxBinary === undefined ? test.skip : test

if (nginxBinary === undefined)
  process.stderr.write('SKIPPED: test/nginx.long.test.ts needs nginx, which is not installed.\n')

withNginx(
  'the API gets the host with its port, the client address and the scheme, but no forwarded host',
  async (t) => {
    const {port, received} = await setUp(t)

    await send(port, {
      headers: {Host: 'shop.example:8000', 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Host': 'evil'},
    })

    t.like(received[0]?.headers, {
      host: 'shop.example:8000',
      'x-forwarded-for': '127.0.0.1',
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
  const configuration = await readFile(new URL('default.conf.template', templates), 'utf8')

  const answer = await fetch(server.url)

  const ofApi = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1]
  const ofNginx = /keepalive 32;[^}]*keepalive_timeout (\d+)s;/.exec(configuration)?.[1]
  t.true(Number(ofNginx) < Number(ofApi), `nginx: ${ofNginx} s, API: ${ofApi} s`)
})

withNginx("nginx's own answers are problems with the headers of the API", async (t) => {
  const {port} = await startNginx(t, await findFreePort())
  const requests = [
    {status: 400, method: 'GET', headers: {Host: 'not a host'}},
    {status: 405, method: 'TRACE'},
    {status: 400, method: 'GET', path: '/nginx/bad-request'},
    {status: 413, method: 'PUT', body: 'x'.repeat(1_000_001)},
    {status: 431, method: 'GET', path: `/${'x'.repeat(9000)}`},
    {status: 431, method: 'GET', headers: {Cookie: 'x'.repeat(9000)}},
    {status: 502, method: 'GET'},
  ]

  for (const {status, ...request} of requests) {
    const answer = await send(port, request)
    isProblem(t, answer, status)
    t.like(JSON.parse(answer.body.toString()), {
      request_id: answer.headers['x-request-id'],
      title: STATUS_CODES[status],
    })
    for (const [name, value] of securityHeaders) {
      t.is(answer.headers[name.toLowerCase()], value)
    }
    t.is(answer.headers['strict-transport-security'], undefined)
  }
  const overTls = await send(port, {method: 'TRACE', headers: {'X-Forwarded-Proto': 'https'}})
  t.regex(overTls.headers['strict-transport-security'] ?? '', /^max-age=/)
})

withNginx('nginx answers a body that is too large with exactly the problem of the API', async (t) => {
  const shop = await startShop(t)
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))
  const body = 'x'.repeat(1_000_001)

  const {headers} = await addCaller(shop)
  const ofApi = await shop.send('PUT', '/orders/create/', {body, headers})
  const ofNginx = await sendToShop(port, {
    method: 'PUT',
    path: '/orders/create/',
    body,
    headers: {...headers, 'X-Request-Id': 'mine'},
  })

  t.is(ofNginx.status, ofApi.status)
  t.deepEqual(ofNginx.body, {...ofApi.body, request_id: 'mine'})
})

withNginx(
  'what nginx answers itself has the headers of every answer, and what it passes on has each once',
  async (t) => {
    const shop = await startShop(t)
    const {port} = await startNginxWith(t, {NGINX_CONNECTIONS: '1'}, Number(new URL(shop.origin).port))
    const nobody = await startNginx(t, await findFreePort())
    const headers = {'X-Request-Id': 'mine'}
    const waiting = connect(port, '127.0.0.1').on('error', () => undefined)
    t.teardown(() => waiting.destroy())
    waiting.write('PUT /orders/create/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n')
    await until(async () => (await send(port)).status === 429)

    const answers = [
      await send(port, {
        method: 'PUT',
        path: '/orders/create/',
        headers,
        body: 'x'.repeat(1_000_001),
        from: '127.0.0.2',
      }),
      await send(nobody.port, {headers}),
      await send(port, {headers}),
      await send(port, {path: '/products/7/', headers, from: '127.0.0.2'}),
      await send(port, {path: '/healthcheck/heartbeat/', headers, from: '127.0.0.2'}),
    ]

    t.deepEqual(
      answers.map(({status}) => status),
      [413, 502, 429, 404, 200],
    )
    for (const answer of answers) {
      for (const [name, value] of [...securityHeaders, ['X-Request-Id', 'mine'] as const])
        t.is(answer.headers[name.toLowerCase()], value, `${name} of ${answer.status} differs`)
      t.is(answer.headers['strict-transport-security'], undefined)
    }
    const byTls = await send(nobody.port, {headers: {'X-Forwarded-Proto': 'https'}})
    t.is(byTls.headers['strict-transport-security'], 'max-age=31536000')
  },
)

withNginx('the id of a request is the same in the answer, and in the logs of nginx and the API', async (t) => {
  const shop = await startShop(t)
  const {port, readLog} = await startNginx(t, Number(new URL(shop.origin).port))
  const idOf = async (headers = {}) =>
    (await sendToShop(port, {path: '/products/list/', headers})).headers.get('x-request-id') ?? ''

  const ids = [await idOf(), await idOf({'X-Request-Id': 'mine'}), await idOf({'X-Request-Id': 'not mine'})]

  t.regex(ids[0] ?? '', /^[\da-f]{32}$/)
  t.is(ids[1], 'mine')
  t.regex(ids[2] ?? '', /^[\da-f]{32}$/)
  t.deepEqual(
    shop.lines.map((line) => line.request_id),
    ids,
  )
  const log = await readLog()
  for (const id of ids) t.true(log.includes(` id=${id} `), `${id} is in the log`)
})

withNginx('below a path, links are right whether a location takes the path away or passes it on', async (t) => {
  const shop = await startShop(t, {basePath: '/whole'})
  for (let count = 0; count < 21; count++) await addProduct(shop.db)
  const {port} = await startNginxWith(
    t,
    {
      locations: `
        location /shop/ { set $shop_prefix /shop; proxy_pass http://api/; }
        location /whole/ { proxy_pass http://api; }
      `,
    },
    Number(new URL(shop.origin).port),
  )
  const front = `http://127.0.0.1:${port}`
  const evil = {'x-forwarded-prefix': '/evil'}

  for (const path of ['/shop', '/whole']) {
    const list = await fetch(`${front}${path}/products/list/`, {headers: evil})
    const {next} = (await list.json()) as {next: string}
    t.is(next, `${front}${path}/products/list/?page=2`)
    t.is((await fetch(next)).status, 200)
    const page = await fetch(`${front}${path}/`, {headers: {accept: 'text/html', ...evil}})
    t.is(page.url, `${front}${path}/docs/`)
    t.is(page.status, 200)
    const description = (await (await fetch(`${front}${path}/openapi.json`)).json()) as {servers: unknown}
    t.deepEqual(description.servers, [{url: path}])
    const {headers} = await fetch(`${front}${path}/order/history/`)
    t.is(headers.get('link'), `<${path}/orders/history/>; rel="successor-version"`)
  }
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

withNginx('an answer of the API has its headers once, one of nginx has the same', async (t) => {
  const shop = await startShop(t)
  const direct = Number(new URL(shop.origin).port)
  const {port} = await startNginx(t, direct)
  const ofConnection = ['connection', 'date', 'keep-alive', 'server']
  const fromApi = ({headers}: Answer) =>
    Object.entries(headers)
      .filter(([name]) => !ofConnection.includes(name))
      .sort()
  const id = {'X-Request-Id': 'abc'}

  for (const path of ['/products/list/', '/orders/history/', '/docs/', '/nowhere/']) {
    const headers = {...id, 'X-Forwarded-Proto': 'https'}
    const [answer, expected] = [await send(port, {path, headers}), await send(direct, {path, headers})]
    t.deepEqual(fromApi(answer), fromApi(expected))
  }
  const tooLarge = await send(port, {method: 'PUT', body: 'x'.repeat(1_000_001), headers: id})
  isProblem(t, tooLarge, 413)
  t.is(tooLarge.headers['x-request-id'], 'abc')
  t.is(tooLarge.headers['strict-transport-security'], undefined)
})

withNginx('each request is logged as a line on stdout, without its credentials', async (t) => {
  const {port, readLog} = await setUp(t)

  await send(port, {path: '/products/list/', headers: {Authorization: 'Token secret'}})

  const log = await readLog()
  t.regex(log, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ 127\.0\.0\.1 "GET \/products\/list\/ HTTP\/1\.1" 200 /m)
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
  // What a replica passed on, or could not take, went to the other one.
  t.regex(await readLog(), / 201 \d+ \S+ upstream=\S+(?: :|,) \S+ 50[24](?: :|,) 201 /)
  await checkBooks(t, db, purchases)
})

withNginx('a client cannot choose the address that its failed logins count for', async (t) => {
  const shop = await startShop(t, {loginLimits: {accountTries: 20, addressTries: 2}})
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))
  const fail = async (n: number) => {
    const headers = {'Content-Type': 'application/json', 'X-Forwarded-For': `203.0.113.${n}`}
    const body = JSON.stringify({username: `user-${n}`, password: 'x'})
    return (await send(port, {method: 'POST', path: '/auth/login/', headers, body})).status
  }

  t.deepEqual([await fail(1), await fail(2), await fail(3)], [400, 400, 429])
})

withNginx('a flood from one address is limited, and orders from another go on', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 100})
  const limits = {NGINX_REQUEST_RATE: '5r/s', NGINX_REQUEST_BURST: '20'}
  const {port} = await startNginxWith(t, limits, Number(new URL(shop.origin).port))
  const order = {
    method: 'PUT',
    path: '/orders/create/',
    headers: {...headers, 'Content-Type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  }

  const flood = Array.from({length: 300}, async () => send(port, {path: '/products/list/', from: '127.0.0.3'}))
  const orders = await Promise.all(Array.from({length: 20}, async () => send(port, {...order, from: '127.0.0.4'})))
  const answers = await Promise.all(flood)

  t.deepEqual(new Set(orders.map(({status}) => status)), new Set([201]))
  const refused = answers.filter(({status}) => status === 429)
  const served = answers.filter(({status}) => status === 200)
  t.is(refused.length + served.length, 300)
  // The burst, and what the rate allows during the seconds that this takes on a slow machine.
  t.true(served.length >= 21 && served.length < 150, `${served.length} were served`)
  const [problem] = refused
  if (!problem) return
  isProblem(t, problem, 429)
  t.is(problem.headers['retry-after'], '1')
})

withNginx('one address may have so many requests open at a time, and no more', async (t) => {
  const waiting: ServerResponse[] = []
  const {port} = await setUp(t, (_, response) => waiting.push(response), {NGINX_CONNECTIONS: '3'})

  const open = Array.from({length: 3}, async () => send(port, {from: '127.0.0.3'}))
  await until(async () => Promise.resolve(waiting.length === 3))
  const refused = await send(port, {from: '127.0.0.3'})
  const other = send(port, {from: '127.0.0.4'})
  await until(async () => Promise.resolve(waiting.length === 4))
  for (const response of waiting) response.end()

  isProblem(t, refused, 429)
  t.is(refused.headers['retry-after'], '1')
  t.deepEqual(
    (await Promise.all([...open, other])).map(({status}) => status),
    [200, 200, 200, 200],
  )
})

withNginx('the client is who a trusted proxy says, and limits count IPv6 networks', async (t) => {
  const {port, received} = await setUp(t, undefined, {
    ...{NGINX_TRUSTED_PROXY: '127.0.0.1', NGINX_REQUEST_RATE: '1r/m', NGINX_REQUEST_BURST: '1'},
  })
  const statusOf = async (client: string, from = '127.0.0.1') =>
    (await send(port, {from, headers: {'X-Forwarded-For': client}})).status

  for (const [first, neighbour, stranger] of [
    ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
    ['2001:db8:1:2:3::4', '2001:db8:1:2:ffff:1:2:3', '2001:db8:1:3::4'],
    ['2001:db8::1', '2001:db8::a:b:c', '2001:db8:0:1::1'],
  ] as const) {
    t.deepEqual(
      [await statusOf(first), await statusOf(neighbour), await statusOf(neighbour), await statusOf(stranger)],
      [200, 200, 429, 200],
      first,
    )
  }
  // Another proxy is not believed: all that come through it are one client.
  t.deepEqual([await statusOf('198.51.100.1', '127.0.0.2'), await statusOf('198.51.100.2', '127.0.0.2')], [200, 200])
  t.is(await statusOf('198.51.100.3', '127.0.0.2'), 429)
  t.is(received[0]?.headers['x-forwarded-for'], '203.0.113.7')
  t.is(received.at(-1)?.headers['x-forwarded-for'], '127.0.0.2')
})

withNginx('the state of nginx is for loopback only, and the shop does not show it', async (t) => {
  const {port, statusPort} = await setUp(t)

  const {status, body} = await send(statusPort, {path: '/stub_status'})

  t.is(status, 200)
  t.regex(body.toString(), /^Active connections: \d+/)
  t.is((await send(statusPort, {path: '/products/list/'})).status, 404)
  await t.throwsAsync(send(statusPort, {path: '/stub_status', to: '127.0.0.2'}), {code: 'ECONNREFUSED'})
  t.is((await send(port, {path: '/stub_status'})).body.toString(), '')
})

const withTls = nginxBinary !== undefined && spawnSync('openssl', ['version']).status === 0 ? test : test.skip

withTls('with a certificate, nginx serves HTTPS and HTTP/2, and sends other requests there', async (t) => {
  const {key, certificate} = await createCertificate(t)
  const {port, tlsPort, received} = await setUp(t, undefined, {
    ...{NGINX_SERVER: 'tls', NGINX_TLS_CERTIFICATE: certificate, NGINX_TLS_KEY: key},
  })

  const plain = await send(port, {method: 'PUT', path: '/orders/create/?a=1', headers: {Host: 'shop.example:80'}})
  const client = connectHttp2(`https://127.0.0.1:${tlsPort}`, {ca: await readFile(certificate)})
  t.teardown(() => {
    client.close()
  })
  const stream = client.request({':path': '/products/list/', ':authority': 'shop.example'})
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & {':status': number}]

  t.is(plain.status, 308)
  t.is(plain.headers.location, 'https://shop.example/orders/create/?a=1')
  t.is(headers[':status'], 200)
  t.is(client.alpnProtocol, 'h2')
  t.like(received[0]?.headers, {host: 'shop.example', 'x-forwarded-proto': 'https'})
  t.is(received.length, 1)
})

withTls(
  'requests that come without TLS are sent to the port that clients see, if it is another than 443',
  async (t) => {
    const {key, certificate} = await createCertificate(t)
    const {port} = await setUp(t, undefined, {
      ...{NGINX_SERVER: 'tls', NGINX_TLS_CERTIFICATE: certificate, NGINX_TLS_KEY: key, NGINX_TLS_PORT: '8443'},
    })

    const {headers} = await send(port, {path: '/docs/', headers: {Host: 'shop.example:8000'}})

    t.is(headers.location, 'https://shop.example:8443/docs/')
    t.is(headers['x-content-type-options'], 'nosniff')
  },
)

/** What the shop answers while it drains. */
function passOn(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['shop-pass-on'] === undefined) response.end('served')
  else response.writeHead(504, {'x-accel-redirect': '@no_other_replica', connection: 'close'}).end('passed on')
}

withNginx('a replica that drains passes requests on, once, and is left alone for a while', async (t) => {
  const [draining, serving] = [await startApi(t, passOn), await startApi(t, (_, response) => response.end('other'))]
  const {port} = await startNginx(t, draining.port, serving.port)

  for (let count = 0; count < 10; count++) {
    const method = count % 2 === 0 ? 'POST' : 'PUT'
    const {status, body} = await send(port, {method, path: '/orders/create/', body: `order ${count}`})
    t.like({status, body: body.toString()}, {status: 200, body: 'other'})
  }

  t.is(draining.received.length, 1)
  t.deepEqual(
    serving.received.map(({body}) => body),
    Array.from({length: 10}, (_, count) => `order ${count}`),
  )
})

withNginx('the only replica serves while it drains', async (t) => {
  const {port, received} = await setUp(t, passOn)

  for (const method of ['PUT', 'POST', 'GET']) {
    const {status, body} = await send(port, {
      method,
      path: '/orders/create/?a=1',
      body: method === 'GET' ? '' : 'order',
    })
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  t.deepEqual(
    received.map(({method, url, body}) => `${method} ${url} ${body}`),
    ['PUT', 'PUT', 'POST', 'POST', 'GET', 'GET'].map(
      (method) => `${method} /orders/create/?a=1 ${method === 'GET' ? '' : 'order'}`,
    ),
  )
})

withNginx('a replica that has just started serves while the other one drains', async (t) => {
  let isDraining = false
  const draining = await startApi(t, (request, response) => {
    if (isDraining) passOn(request, response)
    else response.end()
  })
  const reserved = await findFreePort()
  const {port} = await startNginx(t, reserved, draining.port)
  // Until it has found that the first replica refuses connections.
  for (let count = 0; count < 2; count++) await send(port)
  const started = await startApi(t, (_, response) => response.end('started'), reserved)
  isDraining = true

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'PUT', path: '/orders/create/', body: `order ${count}`})
    t.like({status, body: body.toString()}, {status: 200})
    t.regex(body.toString(), /^(?:started|served)$/)
  }

  const served = draining.received.filter(({method, headers}) => method === 'PUT' && !headers['shop-pass-on'])
  t.deepEqual(
    [...served, ...started.received].map(({body}) => body).sort(),
    Array.from({length: 10}, (_, count) => `order ${count}`),
  )
  t.true(started.received.length > 0)
})

withNginx('two replicas that drain at once serve', async (t) => {
  const replicas = [await startApi(t, passOn), await startApi(t, passOn)]
  const {port} = await startNginx(t, ...replicas.map((replica) => replica.port))

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'POST', path: '/orders/create/', body: 'order'})
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  const served = replicas.flatMap(({received}) => received).filter(({headers}) => !headers['shop-pass-on'])
  t.is(served.length, 10)
})

withNginx('the last replica serves while it drains and the other one has ended', async (t) => {
  const [ended, draining] = [await findFreePort(), await startApi(t, passOn)]
  const {port} = await startNginx(t, ended, draining.port)

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'PUT', path: '/orders/create/', body: 'order'})
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  t.is(draining.received.filter(({headers}) => !headers['shop-pass-on']).length, 10)
})

withNginx('no replica at all is 502', async (t) => {
  const [one, other] = [await findFreePort(), await findFreePort()]
  const {port} = await startNginx(t, one, other)

  for (let count = 0; count < 3; count++) isProblem(t, await send(port), 502)
})

type Received = {method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string}
type Answer = {status: number | undefined; headers: IncomingHttpHeaders; body: Buffer}

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown

/** A stand-in for the API that records what it receives. */
async function startApi(t: ExecutionContext, answer: Answering = (_, response) => response.end(), wantedPort = 0) {
  const received: Received[] = []
  let connections = 0
  const api = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({method: request.method, url: request.url, headers: request.headers, body: body.toString()})
      answer(request, response)
    })
  })
  api.on('connection', () => connections++)
  api.listen(wantedPort, '127.0.0.1')
  await once(api, 'listening')
  t.teardown(() => {
    api.close()
    api.closeAllConnections()
  })
  return {port: (api.address() as AddressInfo).port, received, connections: () => connections}
}

/** Starts nginx in front of a stand-in for the API. */
async function setUp(t: ExecutionContext, answer?: Answering, variables: Record<string, string> = {}) {
  const {port, ...api} = await startApi(t, answer)
  return {...api, ...(await startNginxWith(t, variables, port))}
}

async function createCertificate(t: ExecutionContext): Promise<{key: string; certificate: string}> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-tls-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl', [...request, ...names, '-keyout', key, '-out', certificate])
  return {key, certificate}
}

/** Requests through nginx to the real shop: the answers must match the document. */
async function sendToShop(port: number, request: Sent) {
  const {status = 0, headers, body} = await send(port, request)
  const answer = {status, headers: toHeaders(headers), body: JSON.parse(body.toString()) as unknown}
  checkAnswer(request.method ?? 'GET', request.path ?? '/', answer)
  return answer
}

type Sent = {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string
  /** An address of loopback. */
  from?: string
  to?: string
}

/** Uses node:http, because fetch sets the Host itself. */
async function send(port: number, {from, to = '127.0.0.1', body = '', ...sent}: Sent = {}): Promise<Answer> {
  const outgoing = request({host: to, port, ...sent, agent: false, ...(from !== undefined && {localAddress: from})})
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return {status: response.statusCode, headers: response.headers, body: await buffer(response)}
}

function isProblem(t: ExecutionContext, answer: Answer, status: number): void {
  t.is(answer.status, status)
  t.is(answer.headers['content-type'], 'application/problem+json')
  const problem = JSON.parse(answer.body.toString()) as {request_id?: string}
  t.like(problem, {type: 'about:blank', status})
  t.like(answer.headers, Object.fromEntries(securityHeaders.map(([name, value]) => [name.toLowerCase(), value])))
  t.is(answer.headers['x-request-id'], problem.request_id)
}
