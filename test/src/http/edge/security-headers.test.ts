import test from 'ava'

import {addCaller, startShop} from '../../../helpers/http.ts'
import {addProduct} from '../../../helpers/shop.ts'

const everywhere = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const requests: [method: string, path: string, status: number, cacheControl: string][] = [
  ['GET', '/products/list/', 200, 'no-cache'],
  ['GET', '/products/7/', 404, 'private, no-store'],
  ['GET', '/openapi.json', 200, 'no-cache'],
  ['GET', '/orders/history/', 200, 'private, no-store'],
  ['GET', '/basket/', 200, 'private, no-store'],
  ['PUT', '/orders/create/', 201, 'private, no-store'],
  ['POST', '/auth/login/', 400, 'private, no-store'],
  ['PATCH', '/products/list/', 405, 'private, no-store'],
  ['OPTIONS', '/products/list/', 200, 'private, no-store'],
  ['GET', '/nothing', 404, 'private, no-store'],
  ['GET', '/healthcheck/heartbeat/', 200, 'private, no-store'],
]

for (const [method, path, status, cacheControl] of requests) {
  test(`${method} ${path} is answered ${status} with the headers of every answer, and ${cacheControl}`, async (t) => {
    const shop = await startShop(t)
    await addProduct(shop.db, {id: 1})
    const options = method === 'PUT' ? {json: {items: [{product_id: 1, quantity: 1}]}} : {}

    const {headers, ...answer} = await shop.send(method, path, {headers: (await addCaller(shop)).headers, ...options})

    t.is(answer.status, status)
    t.is(headers.get('cache-control'), cacheControl)
    for (const [name, value] of Object.entries(everywhere)) t.is(headers.get(name), value, `${name} differs`)
    t.is(headers.get('x-powered-by'), null)
  })
}

test('an answer to a request that came by TLS asks for TLS from then on, if a trusted proxy says so', async (t) => {
  const trusting = await startShop(t)
  const distrusting = await startShop(t, {trustProxy: '10.0.0.1'})
  const hsts = async (shop: typeof trusting, protocol: string) => {
    const {headers} = await shop.send('GET', '/products/list/', {headers: {'x-forwarded-proto': protocol}})
    return headers.get('strict-transport-security')
  }

  t.is(await hsts(trusting, 'https'), 'max-age=31536000')
  t.is(await hsts(trusting, 'http'), null)
  t.is(await hsts(distrusting, 'https'), null)
})

test('what anybody may see varies with what can change it', async (t) => {
  const shop = await startShop(t)
  const withPages = await startShop(t, {corsOrigins: ['https://app.example']})
  const product = `/products/${await addProduct(shop.db)}/`
  const vary = async ({send}: typeof shop, path: string) => (await send('GET', path)).headers.get('vary')

  t.is(await vary(shop, '/products/list/'), 'Accept, Authorization')
  t.is(await vary(shop, product), 'Accept, Authorization')
  t.is(await vary(shop, '/openapi.json'), 'Accept')
  t.is(await vary(withPages, '/products/list/'), 'Origin, Accept, Authorization')
})
