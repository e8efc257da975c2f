import test from 'ava'

import {addCaller, startShop} from '../../../helpers/http.ts'
import {addProduct} from '../../../helpers/shop.ts'

const app = 'https://app.example'
const corsOrigins = [app, 'http://localhost:3000']

const preflight = (origin: string) => ({
  headers: {
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization,content-type,idempotency-key',
  },
})

test('without SHOP_CORS_ORIGINS, no page on another origin may read anything', async (t) => {
  const shop = await startShop(t)

  const answer = await shop.send('GET', '/products/list/', {headers: {origin: app}})
  const preflighted = await fetch(`${shop.origin}/products/list/`, {method: 'OPTIONS', ...preflight(app)})

  for (const {headers} of [answer, preflighted]) {
    t.deepEqual(
      [...headers.keys()].filter((name) => name.startsWith('access-control-')),
      [],
    )
  }
})

test('a preflight allows what clients send, for a day of the page at most, and no credentials', async (t) => {
  const shop = await startShop(t, {corsOrigins})

  const {status, headers} = await fetch(`${shop.origin}/orders/create/`, {method: 'OPTIONS', ...preflight(app)})

  t.is(status, 204)
  t.is(headers.get('access-control-allow-origin'), app)
  t.is(headers.get('access-control-allow-methods'), 'GET,HEAD,POST,PUT,DELETE')
  t.is(
    headers.get('access-control-allow-headers'),
    'Authorization,Content-Type,Idempotency-Key,If-Match,If-None-Match,X-Request-Id',
  )
  t.is(headers.get('access-control-max-age'), '7200')
  t.is(headers.get('access-control-allow-credentials'), null)
  t.regex(headers.get('vary') ?? '', /Origin/)
})

test('a page may read answers and refusals, and the headers that clients need', async (t) => {
  const shop = await startShop(t, {corsOrigins})
  await addProduct(shop.db, {id: 1})
  const {headers: caller} = await addCaller(shop)
  const order = {json: {items: [{product_id: 1, quantity: 1}]}}

  const answers = [
    await shop.send('PUT', '/orders/create/', {headers: {...caller, origin: app}, ...order}),
    await shop.send('PUT', '/orders/create/', {headers: {origin: app}, ...order}),
    await shop.send('GET', '/nothing', {headers: {origin: app}}),
  ]

  t.deepEqual(
    answers.map(({status}) => status),
    [201, 401, 404],
  )
  for (const {headers} of answers) {
    t.is(headers.get('access-control-allow-origin'), app)
    t.is(headers.get('access-control-allow-credentials'), null)
    const exposed = headers.get('access-control-expose-headers')?.split(',')
    t.deepEqual(
      ['ETag', 'Idempotent-Replayed', 'Link', 'Location', 'Retry-After', 'X-Request-Id'].filter(
        (name) => exposed?.includes(name) !== true,
      ),
      [],
    )
  }
})

for (const origin of [
  'null',
  'https://app.example.evil',
  'https://evil.example',
  'http://app.example',
  `${app}:8443`,
  'https://APP.example',
  `${app}, https://evil.example`,
  '*',
]) {
  test(`a page on the origin "${origin}" may read nothing`, async (t) => {
    const shop = await startShop(t, {corsOrigins})

    const {headers} = await shop.send('GET', '/products/list/', {headers: {origin}})
    const preflighted = await fetch(`${shop.origin}/products/list/`, {method: 'OPTIONS', ...preflight(origin)})

    t.is(headers.get('access-control-allow-origin'), null)
    t.is(preflighted.headers.get('access-control-allow-origin'), null)
    t.regex(headers.get('vary') ?? '', /Origin/)
  })
}

test('OPTIONS that is no preflight still describes the endpoint', async (t) => {
  const shop = await startShop(t, {corsOrigins})
  const {status, body} = await shop.send('OPTIONS', '/products/list/', {headers: {origin: app}})
  t.is(status, 200)
  t.like(body, {name: 'Product List'})
})
