import test, {type ExecutionContext} from 'ava'

import {readAnswer} from '../../../../../client/index.ts'
import {connect} from '../../../../../src/db/connect.ts'
import {audit} from '../../../../../src/services/audit.ts'
import {connectClient} from '../../../../helpers/client.ts'
import {addCaller, startShop} from '../../../../helpers/http.ts'
import {startProxy} from '../../../../helpers/proxy.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'

/** A caller with one order of 3 out of 10 in stock. */
async function setUp(t: ExecutionContext) {
  const shop = await startShop(t)
  const caller = await addCaller(shop)
  const productId = await addProduct(shop.db, {name: 'Rice', stock: 10, price: 5000})
  const items = [{product_id: productId, quantity: 3}]
  const client = connectClient(shop, caller.headers)
  const {order_id: id} = await client.placeOrder({items})
  return {shop, ...caller, api: client.api, productId, id}
}

const notFound = {type: 'about:blank', title: 'Not Found', status: 404, detail: 'Not found.', code: 'unknown_order'}

test('an order is shown as in the history', async (t) => {
  const {shop, headers, id, productId} = await setUp(t)

  const order = await shop.send('GET', `/orders/${id}/`, {headers})
  const history = await shop.send('GET', '/orders/history/', {headers})

  t.is(order.status, 200)
  t.is(order.headers.get('cache-control'), 'private, no-store')
  t.deepEqual(order.body, history.body.results[0])
  t.like(order.body, {id, status: 'placed', total_price: '150.00', currency: 'USD'})
  t.deepEqual(order.body.items, [
    {product_id: productId, product: 'Rice', product_price: '50.00', currency: 'USD', quantity: 3},
  ])
  t.deepEqual((await shop.send('GET', `/orders/${id}`, {headers})).body, order.body)
})

test('a cancelled order is shown as cancelled everywhere, and its stock is returned', async (t) => {
  const {shop, api, id, productId} = await setUp(t)
  const one = {params: {path: {id}}}

  const cancelled = await readAnswer(api.POST('/orders/{id}/cancel/', one))

  t.like(cancelled, {id, status: 'cancelled', total_price: '150.00'})
  t.deepEqual(await readAnswer(api.GET('/orders/{id}/', one)), cancelled)
  t.deepEqual((await readAnswer(api.GET('/orders/history/'))).results, [cancelled])
  t.is(await stockOf(shop.db, productId), 10)
  t.deepEqual((await audit(shop.db)).findings, [])
})

test('a second cancellation is a conflict that changes nothing', async (t) => {
  const {shop, headers, id, productId} = await setUp(t)
  await shop.send('POST', `/orders/${id}/cancel/`, {headers})

  const second = await shop.send('POST', `/orders/${id}/cancel`, {headers})

  t.is(second.status, 409)
  t.is(second.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.deepEqual(second.body, {
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: `Order ${id} is already cancelled. Nothing was changed.`,
    code: 'order_cancelled',
  })
  t.is(await stockOf(shop.db, productId), 10)
})

test('ten cancellations at once: one is answered 200, nine 409', async (t) => {
  const {shop, headers, id, productId} = await setUp(t)

  const answers = await Promise.all(
    Array.from({length: 10}, async () => shop.send('POST', `/orders/${id}/cancel/`, {headers})),
  )

  t.deepEqual(answers.map(({status}) => status).sort(), [200, ...Array.from({length: 9}, () => 409)])
  t.is(await stockOf(shop.db, productId), 10)
})

test("another user's order is answered like one that does not exist", async (t) => {
  const {shop, id, productId} = await setUp(t)
  const {headers} = await addCaller(shop)

  for (const path of [`/orders/${id}`, `/orders/${id + 1}`, '/orders/0', '/orders/99999999999999999999']) {
    const shown = await shop.send('GET', `${path}/`, {headers})
    const cancelled = await shop.send('POST', `${path}/cancel/`, {headers})
    t.deepEqual([shown.status, shown.body], [404, notFound], `GET ${path}`)
    t.deepEqual([cancelled.status, cancelled.body], [404, notFound], `POST ${path}/cancel`)
  }
  t.is(await stockOf(shop.db, productId), 7)
})

for (const id of ['x', '-1', '1.0', '1e0', '%31', '1%00', '', '1/x', 'cancel']) {
  test(`/orders/${id}/ is 404, with or without cancel/`, async (t) => {
    const {shop, headers} = await setUp(t)
    for (const [method, path] of [
      ['GET', `/orders/${id}/`],
      ['POST', `/orders/${id}/cancel/`],
    ] as const) {
      const {status, body} = await shop.send(method, path, {headers})
      t.is(status, 404)
      t.is(body.detail, 'Not found.')
    }
  })
}

test('the old paths below /order/ do not serve single orders', async (t) => {
  const {shop, headers, id} = await setUp(t)
  t.is((await shop.send('GET', `/order/${id}/`, {headers})).status, 404)
  t.is((await shop.send('POST', `/order/${id}/cancel/`, {headers})).status, 404)
})

test('without a valid token, an order is neither shown nor cancelled', async (t) => {
  const {shop, id, productId} = await setUp(t)
  for (const headers of [{}, {authorization: `Token ${'0'.repeat(40)}`}]) {
    for (const [method, path] of [
      ['GET', `/orders/${id}/`],
      ['POST', `/orders/${id}/cancel/`],
      ['DELETE', `/orders/${id}/`],
    ] as const) {
      const {status, headers: answered} = await shop.send(method, path, {headers})
      t.is(status, 401)
      t.is(answered.get('www-authenticate'), 'Token')
    }
  }
  t.is(await stockOf(shop.db, productId), 7)
})

test('the body of a cancellation is ignored', async (t) => {
  const {shop, headers, id} = await setUp(t)

  const {status} = await shop.send('POST', `/orders/${id}/cancel/`, {
    headers: {...headers, 'content-type': 'application/json'},
    body: '{"status": '.repeat(100_000),
  })

  t.is(status, 200)
})

test('a database that is lost during a cancellation is 503, and the order stays as it was', async (t) => {
  const {shop, userId, headers, id, productId} = await setUp(t)
  const proxied = await startProxy(t, shop.url, (message) => message.includes('update orders'))
  const db = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => db.destroy())
  const user = {id: userId, username: 'matt', isActive: true}
  const broken = await startShop(t, {db, findTokenUser: async () => Promise.resolve(user)})

  const {status, headers: answered, body} = await broken.send('POST', `/orders/${id}/cancel/`, {headers})

  t.is(status, 503)
  t.truthy(answered.get('retry-after'))
  t.is(body.code, 'database_unavailable')
  t.is((await shop.send('GET', `/orders/${id}/`, {headers})).body.status, 'placed')
  t.is(await stockOf(shop.db, productId), 7)
})
