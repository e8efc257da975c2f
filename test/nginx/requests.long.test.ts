import {connect} from 'node:net'
import {buffer} from 'node:stream/consumers'

import {startShop} from '../helpers/http.ts'
import {startNginx, startNginxWith} from '../helpers/nginx.ts'
import {isProblem, send, sendToShop, setUp, withNginx} from '../helpers/nginx-requests.ts'
import {addProduct} from '../helpers/shop.ts'

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
