import {connect} from 'node:net'
import {buffer} from 'node:stream/consumers'

import test from 'ava'

import {securityHeaders} from '../../../src/http/edge/security-headers.ts'
import {addCaller, type Answer, shareShop, startShop, type TestShop} from '../../helpers/http.ts'
import {addProduct} from '../../helpers/shop.ts'
import {checkAnswer} from '../../helpers/validate-answer.ts'

const shared = shareShop(test, async ({db}) => {
  for (let n = 0; n < 21; n++) await addProduct(db, {name: `Product ${n}`})
})

test('a shop with names makes links with these only', async (t) => {
  const shop = await startShop(t, {hosts: ['example.com', '.example.org', '[::1]']})
  const statusOf = async (host: string) => {
    const {status} = await shop.send('GET', '/products/list/', {headers: {'x-forwarded-host': host}})
    return status
  }
  for (const host of ['example.com', 'EXAMPLE.com:8000', 'example.org', 'a.b.example.org', '[::1]:80']) {
    t.is(await statusOf(host), 200, `The shop is called ${host}.`)
  }
  for (const host of [
    'evil.com',
    'a.example.com',
    'badexample.org',
    'example.com.evil.com',
    '[::2]',
    shop.origin.slice(7),
  ]) {
    t.is(await statusOf(host), 400, `The shop is not called ${host}.`)
  }
  // Health checks by address go on working.
  t.is((await shop.send('GET', '/healthcheck/heartbeat/')).status, 200)
})

const endpoints: [path: string, methods: string[], allow: string][] = [
  ['/products/list/', ['GET', 'HEAD', 'OPTIONS'], 'GET, HEAD, OPTIONS'],
  ['/orders/history/', ['GET', 'HEAD', 'OPTIONS'], 'GET, HEAD, OPTIONS'],
  ['/orders/create/', ['PUT', 'OPTIONS'], 'PUT, OPTIONS'],
  ['/orders/7/', ['GET', 'HEAD', 'OPTIONS'], 'GET, HEAD, OPTIONS'],
  ['/orders/7/cancel/', ['POST', 'OPTIONS'], 'POST, OPTIONS'],
  ['/auth/login/', ['POST', 'OPTIONS'], 'POST, OPTIONS'],
]

for (const [path, methods, allow] of endpoints) {
  test(`${path} has ${allow}; other methods are 405`, async (t) => {
    const shop = shared()
    const {headers} = await addCaller(shop)
    const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']

    const answers = await Promise.all(
      all.map(async (method) => ({method, ...(await shop.send(method, path, {headers}))})),
    )
    const refused = answers.filter(({status}) => status === 405)

    t.deepEqual(
      refused.map(({method}) => method),
      all.filter((method) => !methods.includes(method)),
    )
    t.true(refused.every((answer) => answer.headers.get('allow') === allow))
    const texts = refused
      .filter(({method}) => method !== 'HEAD')
      .map(({method, body}) => [method, body.detail as string])
    t.true(texts.every(([method, detail]) => detail === `Method "${method}" not allowed.`))
  })
}

test('an unauthenticated caller does not learn which methods exist', async (t) => {
  const shop = await startShop(t)
  for (const method of ['POST', 'OPTIONS', 'DELETE']) {
    t.is((await shop.send(method, '/orders/history/')).status, 401)
  }
})

test('OPTIONS describes an endpoint', async (t) => {
  const shop = await startShop(t)
  const {status, headers, body} = await shop.send('OPTIONS', '/products/list/')
  t.is(status, 200)
  t.is(headers.get('allow'), 'GET, HEAD, OPTIONS')
  t.like(body, {name: 'Product List', description: '', renders: ['application/json']})
})

test('HEAD answers like GET without the body', async (t) => {
  const shop = await startShop(t)
  const head = await shop.send('HEAD', '/products/list/')
  const get = await shop.send('GET', '/products/list/')
  t.is(head.status, 200)
  t.is(head.body, '')
  t.is(head.headers.get('content-length'), get.headers.get('content-length'))
})

test('the heartbeat answers every method without the database', async (t) => {
  const shop = await startShop(t)
  await shop.db.destroy()
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const path of ['/healthcheck/heartbeat', '/healthcheck/heartbeat/']) {
      const {status, body} = await shop.send(method, path)
      t.is(status, 200)
      t.is(body, '')
    }
  }
})

test('an unknown path is 404', async (t) => {
  const shop = await startShop(t)
  for (const path of ['/', '/products', '/products/list/x', '/Products/List/', '//products/list/', '/orders/%00']) {
    const {status, body} = await shop.send('GET', path)
    t.is(status, 404, `path ${path}`)
    t.like(body, {detail: 'Not found.', code: 'not_found'})
  }
})

test('a client that accepts neither JSON nor HTML gets 406', async (t) => {
  const shop = await startShop(t)
  for (const accept of ['application/xml', 'nonsense', 'text/plain; q=0.5, image/*', 'application/jsonp']) {
    const {status, body} = await shop.send('GET', '/products/list/', {headers: {accept}})
    t.is(status, 406, `Accept: ${accept}`)
    t.is(body.detail, 'Could not satisfy the request Accept header.')
  }
})

// What Django REST Framework accepted, from curl, browsers and the HTTP libraries of phones.
const accepted = [
  '*/*',
  'application/*',
  'text/html',
  'application/json; q=0.5, text/plain',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json; indent=4',
  'application/json; version=1.0',
  'Application/JSON ; q=1',
  'text/plain, */*;q=0.1',
  'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
]

test('parameters and spelling of Accept do not matter', async (t) => {
  const shop = await startShop(t)
  for (const accept of [...accepted, '']) {
    t.is((await shop.send('GET', '/products/list/', {headers: {accept}})).status, 200, `Accept: ${accept}`)
  }
})

const raw = test.macro<[string, RegExp]>(async (t, request, expected) => {
  const shop = shared()

  const {text, ...answer} = await sendRaw(shop, request)

  t.regex(text, expected)
  t.deepEqual(shop.errors, [])
  const path = /^\w+ (?:http:\/\/\w+)?(\S+)/.exec(request)?.[1] ?? ''
  checkAnswer('GET', path, answer)
})

/** What never becomes a request. The document does not describe it. */
const rawRefusal = test.macro<[string, RegExp]>(async (t, request, expected) => {
  const shop = shared()

  const {text, status, headers, body} = await sendRaw(shop, request)
  const id = headers.get('x-request-id')

  t.regex(text, expected)
  t.deepEqual(shop.errors, [])
  t.like(
    shop.lines.filter((line) => line.request_id === id),
    [{level: 'warn', status}],
  )
  t.is(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.like(body, {status, request_id: id})
  for (const [name, value] of securityHeaders) t.is(headers.get(name), value, `${name} differs`)
})

async function sendRaw({origin}: TestShop, request: string): Promise<Answer & {text: string}> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => socket.write(request))
  const text = (await buffer(socket)).toString()
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  const [start = '', ...lines] = head.split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(': ', 1)[0] ?? '', line.split(/: (.*)/)[1] ?? '']),
  )
  return {text, status: Number(start.split(' ')[1]), headers, body: JSON.parse(body)}
}

const close = 'Connection: close\r\n\r\n'
test('no Host in HTTP/1.1', rawRefusal, `GET /products/list/ HTTP/1.1\r\n${close}`, /^HTTP\/1\.1 400 /)
test(
  'no Host in HTTP/1.0',
  raw,
  `GET /products/list/ HTTP/1.0\r\n\r\n`,
  /^HTTP\/1\.1 200 [^]*"next":"http:\/\/127\.0\.0\.1:\d+\//,
)
test(
  'an invalid Host',
  raw,
  `GET /products/list/ HTTP/1.1\r\nHost: <b> c\r\n${close}`,
  /^HTTP\/1\.1 400 [^]*Host header/,
)
test('a Host with a huge port', raw, `GET /products/list/ HTTP/1.1\r\nHost: a:99999\r\n${close}`, /^HTTP\/1\.1 400 /)
for (const protocol of ['javascript', '%', 'ftp', 'https:', '"><b>', '//evil', 'x'.repeat(1000)]) {
  test(
    `links ignore X-Forwarded-Proto "${protocol.slice(0, 20)}"`,
    raw,
    `GET /products/list/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: ${protocol}\r\n${close}`,
    /^HTTP\/1\.1 200 [^]*"next":"http:\/\/a\/products/,
  )
}
for (const protocol of ['https', 'HTTPS', 'https, http']) {
  test(
    `links have X-Forwarded-Proto "${protocol}"`,
    raw,
    `GET /products/list/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: ${protocol}\r\n${close}`,
    /^HTTP\/1\.1 200 [^]*"next":"https:\/\/a\/products/,
  )
}
for (const host of ['<b>', 'a b', 'a/b', 'user@a', 'a:99999', 'a?b', '[::x]', 'x'.repeat(5000) + '/']) {
  test(
    `an invalid X-Forwarded-Host "${host.slice(0, 20)}"`,
    raw,
    `GET /products/list/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: ${host}\r\n${close}`,
    /^HTTP\/1\.1 400 [^]*Host header/,
  )
}
test(
  'a path that does not decode',
  raw,
  `GET /products/list/%E0%A4%A HTTP/1.1\r\nHost: a\r\n${close}`,
  /^HTTP\/1\.1 40[04] /,
)
test(
  'an absolute address',
  raw,
  `GET http://other/products/list/ HTTP/1.1\r\nHost: a\r\n${close}`,
  /^HTTP\/1\.1 200 [^]*"next":"http:\/\/a\/products/,
)
test(
  'headers beyond the limit',
  rawRefusal,
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n${close}`,
  /^HTTP\/1\.1 431 /,
)
test(
  'an invalid length',
  rawRefusal,
  `PUT /orders/create/ HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n${close}`,
  /^HTTP\/1\.1 400 /,
)
test(
  'two different lengths',
  rawRefusal,
  `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}`,
  /^HTTP\/1\.1 400 /,
)
test('nonsense', rawRefusal, 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /)
