import {STATUS_CODES} from 'node:http'
import {connect} from 'node:net'
import {gunzipSync} from 'node:zlib'

import {securityHeaders} from '../../src/http/edge/security-headers.ts'
import {ask} from '../helpers/ask.ts'
import {openShop} from '../helpers/basket-requests.ts'
import {addCaller, startShop} from '../helpers/http.ts'
import {findFreePort, startNginx, startNginxWith} from '../helpers/nginx.ts'
import {type Answer, isProblem, send, sendToShop, setUp, withNginx} from '../helpers/nginx-requests.ts'
import {addProduct} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

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
