import {readFile} from 'node:fs/promises'
import {request} from 'node:http'
import {connect as connectSocket} from 'node:net'
import {buffer} from 'node:stream/consumers'

import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {ConfigurationError} from '../../../../src/errors.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {problems} from '../../../../src/http/problems/problems.ts'
import {createResources} from '../../../../src/http/resources.ts'
import {basketOutcomes, callOutcomes, loginOutcomes, releaseReasons} from '../../../../src/metrics/shop-metrics.ts'
import {addMethod, customerOf} from '../../../../src/services/payments/methods.ts'
import {openPaymentStates} from '../../../../src/services/shop/gauges.ts'
import {readVersion} from '../../../../src/version.ts'
import {ask} from '../../../helpers/ask.ts'
import {requestsOf} from '../../../helpers/basket-requests.ts'
import {countsOf, scrape, startWatchedShop, sumOf, type WatchedShop} from '../../../helpers/metrics.ts'
import {type Api, paidApi} from '../../../helpers/openapi.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addProduct, addToken, addUser} from '../../../helpers/shop.ts'
import {until} from '../../../helpers/until.ts'
import {isCommit} from '../../../helpers/wire.ts'

test('what is refused before it is a request is counted, and a request that breaks off only once', async (t) => {
  const {shop} = await setUp(t)
  const login = 'POST /auth/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nz'

  for (const text of ['nonsense\r\n\r\n', login]) {
    const socket = connectSocket(Number(new URL(shop.origin).port), '127.0.0.1')
    socket.write(text)
    t.regex((await buffer(socket)).toString(), /^HTTP\/1\.1 400 /)
  }

  const counts = async () => countsOf(await shop.scrape(), /^shop_http/)
  await until(async () => Object.keys(await counts()).length === 2)
  t.deepEqual(await counts(), {
    'shop_http_request_duration_seconds_count{method="other",route="unmatched",status="400"}': 1,
    'shop_http_request_duration_seconds_count{method="POST",route="/auth/login/",status="aborted"}': 1,
  })
})

test('a scrape after known traffic counts exactly what was done', async (t) => {
  const {shop, order, productId, headers} = await setUp(t)
  const {origin} = shop

  for (const key of ['a', 'b', 'c', 'c']) await order({key})
  await order({quantity: 1000})
  await order({quantity: 0})
  await order({headers: {authorization: 'Token 0'}})
  await order({path: '/order/create'})
  await ask(`${origin}/orders/create/`, {headers})
  await ask(`${origin}/products/list/?page_size=5`)
  await ask(`${origin}/products/${productId}/`)
  await ask(`${origin}/products/987654/`)
  await ask(`${origin}/products/list/`, {method: 'HEAD'})
  await ask(`${origin}/nothing/${productId}/`)
  await fetch(`${origin}/docs/`)
  const checkout = requestsOf(sendTo(shop), headers)
  await checkout.checkOut()
  const scraped = await shop.scrape()

  t.deepEqual(countsOf(scraped, /^shop_(?:http|orders)/), {
    'shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="201"}': 5,
    'shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="400"}': 2,
    'shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="401"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="/orders/create/",status="405"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="/products/list/",status="200"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="/products/{id}/",status="200"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="/products/{id}/",status="404"}': 1,
    'shop_http_request_duration_seconds_count{method="HEAD",route="/products/list/",status="200"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"}': 1,
    'shop_http_request_duration_seconds_count{method="GET",route="/docs/",status="200"}': 1,
    'shop_http_request_duration_seconds_count{method="POST",route="/basket/checkout/",status="400"}': 1,
    // One of the five answers repeated an order.
    shop_orders_placed_total: 4,
    'shop_orders_refused_total{code="out_of_stock"}': 1,
    'shop_orders_refused_total{code="invalid_order"}': 2,
    'shop_orders_refused_total{code="invalid_token"}': 1,
  })
  t.is(scraped.shop_checkout_wait_seconds_count, scraped.shop_checkout_batch_jobs_sum)
  t.is(scraped.shop_checkout_queue_jobs, 0)
  t.is(scraped.shop_workers, 1)
  t.is(scraped[`shop_build_info{version="${readVersion()}"}`], 1)
  t.true((scraped.process_cpu_seconds_total ?? 0) > 0)
  t.true('nodejs_eventloop_lag_p99_seconds' in scraped)
})

test('docs/metrics.md lists the metrics that there are', async (t) => {
  const {shop} = await setUp(t)
  const page = await readFile(new URL('../../../../../docs/metrics.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `(?<name>shop_\w+)` +\| (?<type>\w+)/gm)].map(
    ({groups}) => `${groups?.name} ${groups?.type}`,
  )
  await shop.scrape()
  const text = await (await fetch(shop.metricsUrl)).text()
  const served = [...text.matchAll(/^# TYPE (?<metric>shop_.+)$/gm)].map(({groups}) => groups?.metric)

  t.deepEqual(listed.toSorted(), served.toSorted())
})

test('the buckets of a histogram add up, and hold what they say', async (t) => {
  const {shop, order} = await setUp(t)
  await order()
  await order()
  const scraped = await shop.scrape()

  const name = 'shop_http_request_duration_seconds'
  const labels = 'method="PUT",route="/orders/create/",status="201"'
  const buckets = Object.entries(scraped).filter(([key]) => key.startsWith(`${name}_bucket`) && key.includes(labels))
  const counts = buckets.map(([, count]) => count)
  t.is(buckets.length, 15)
  t.deepEqual(counts, counts.toSorted())
  t.is(scraped[`${name}_bucket{le="30",${labels}}`], 2)
  t.is(scraped[`${name}_bucket{le="+Inf",${labels}}`], scraped[`${name}_count{${labels}}`])
  t.true((scraped[`${name}_sum{${labels}}`] ?? 0) > 0)
})

test('a client that leaves before its answer is counted as aborted', async (t) => {
  // When the transaction of the order has been sent, which waits for the lock.
  let leave = (): void => undefined
  const through = async (url: string) =>
    startProxy(t, url, (message) => {
      if (isCommit(message)) leave()
      return false
    })
  const {shop, headers, productId} = await setUp(t, {through})
  const holder = await shop.db.transaction()
  await holder('stock_levels').where({product_id: productId}).forUpdate()
  t.teardown(async () => holder.rollback())
  const leaving = request(`${shop.origin}/orders/create/`, {
    method: 'PUT',
    headers: {...headers, 'content-type': 'application/json'},
  })
  leaving.on('error', () => undefined)
  leave = () => leaving.destroy()
  leaving.end(JSON.stringify({items: [{product_id: productId, quantity: 1}]}))
  await until(async () => JSON.stringify(await shop.scrape()).includes('aborted'))

  t.deepEqual(countsOf(await shop.scrape(), /^shop_(?:http|orders)/), {
    'shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="aborted"}': 1,
  })
})

test('orders that wait are in the gauge of the queue', async (t) => {
  const {shop, order, productId} = await setUp(t)
  const holder = await shop.db.transaction()
  await holder('stock_levels').where({product_id: productId}).forUpdate()
  t.teardown(async () => holder.rollback())
  const orders = Promise.all([order(), order(), order()])
  await until(async () => ((await scrape(shop.metricsUrl)).shop_checkout_queue_jobs ?? 0) >= 2)
  await holder.rollback()

  t.deepEqual(
    (await orders).map(({status}) => status),
    [201, 201, 201],
  )
  t.is((await shop.scrape()).shop_checkout_queue_jobs, 0)
})

test('changes of baskets and the ends of holds are counted by what became of them', async (t) => {
  const {shop, productId, headers} = await setUp(t, {env: {SHOP_HOLD_SECONDS: '600', SHOP_HOLD_MAX_SECONDS: '600'}})
  const {db} = shop
  const other = await addProduct(db, {stock: 5})
  const third = await addProduct(db, {stock: 5})
  const basket = requestsOf(sendTo(shop), headers)

  await basket.set(productId, 3)
  await basket.add([{product_id: other, quantity: 2}], {'idempotency-key': 'once'})
  await basket.add([{product_id: other, quantity: 2}], {'idempotency-key': 'once'})
  await basket.set(other, 1000)
  const held = await shop.scrape()
  await basket.remove(other)
  await basket.checkOut()
  await basket.set(third, 1)
  await db('stock_reservations').update({expires_at: db.raw('statement_timestamp()')})
  await until(async () => (await db('stock_reservations')).length === 0)
  await until(async () => (await shop.scrape())['shop_holds_released_total{reason="expired"}'] === 1)

  t.is(held.shop_held_units, 5)
  t.is(held.shop_holds_ending_soon, 0)
  t.deepEqual(countsOf(await shop.scrape(), /^shop_(?:basket|holds|orders)/), {
    'shop_basket_changes_total{outcome="changed"}': 4,
    'shop_basket_changes_total{outcome="replayed"}': 1,
    'shop_basket_changes_total{outcome="refused"}': 1,
    'shop_holds_released_total{reason="expired"}': 1,
    'shop_holds_released_total{reason="removed"}': 1,
    'shop_holds_released_total{reason="ordered"}': 1,
    shop_orders_placed_total: 1,
  })
})

test('an expired hold that makes way for an order is counted as expired', async (t) => {
  const {shop, productId, order} = await setUp(t, {stock: 2})
  const {db} = shop
  const other = await addToken(db, await addUser(db))
  await requestsOf(sendTo(shop), {authorization: `Token ${other}`}).set(productId, 2)
  // The sweeper leaves a locked level alone.
  const holder = await db.transaction()
  await holder('baskets').forUpdate()
  await db('stock_reservations').update({expires_at: db.raw("statement_timestamp() - interval '1 second'")})
  await holder.rollback()
  await order()

  const scraped = await shop.scrape()
  t.is(scraped.shop_orders_placed_total, 1)
  t.is(scraped['shop_holds_released_total{reason="expired"}'], 1)
})

test('logins are counted by their outcome', async (t) => {
  const {shop} = await setUp(t, {env: {SHOP_LOGIN_ACCOUNT_TRIES: '1'}})
  await shop.db('users').insert({username: 'anna', password_hash: bcrypt.hashSync('right', 4)})
  const logIn = async (password: string, username = 'anna') =>
    ask(`${shop.origin}/auth/login/`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({username, password}),
    })

  const answers = [await logIn('right'), await logIn('wrong'), await logIn('')]
  // A new account: one that logged in from here before would not be limited.
  await shop.db('users').insert({username: 'ben', password_hash: bcrypt.hashSync('right', 4)})
  for (let tries = 0; tries < 2; tries++) answers.push(await logIn('wrong', 'ben'))

  t.deepEqual(
    answers.map(({status}) => status),
    [200, 400, 400, 400, 429],
  )

  t.deepEqual(countsOf(await shop.scrape(), /^shop_logins/), {
    'shop_logins_total{outcome="success"}': 1,
    'shop_logins_total{outcome="failure"}': 3,
    'shop_logins_total{outcome="limited"}': 1,
  })
})

test('a COMMIT whose answer is lost: its retry is counted, and the order once', async (t) => {
  let losses = 0
  const through = async (url: string) =>
    startProxy(t, url, (message) => isLosing && isCommit(message) && ++losses === 1)
  let isLosing = false
  const {shop, order} = await setUp(t, {through})
  isLosing = true
  t.is((await order()).status, 201)
  const scraped = await shop.scrape()

  t.true(losses > 0)
  t.is(scraped.shop_orders_placed_total, 1)
  t.true((scraped.shop_checkout_retries_total ?? 0) >= 1)
  t.is(scraped.shop_checkout_unknown_outcomes_total, 0)
  t.is(scraped.shop_checkout_transaction_seconds_count, (scraped.shop_checkout_retries_total ?? 0) + 1)
})

test('calls to the payment provider are counted, and payments that may still change', async (t) => {
  const env = {SHOP_PAYMENT: 'optional', SHOP_PAYMENT_PROVIDER: 'test', SHOP_PAYMENT_CAPTURE: 'manual'}
  const {shop, userId, order} = await setUp(t, {env})
  const {db, url} = shop
  const provider = connect(() => ({connectionString: url}), {poolSize: 2})
  t.teardown(async () => provider.destroy())
  const gateway = createTestGateway({db: provider, webhookSecrets: ['test'], actionUrl: (id) => `/${id}`})
  const customer = await customerOf(db, gateway, userId, new AbortController().signal)
  for (const outcome of ['ok', 'declined'] as const) {
    const method = await addMethod(db, {userId, provider: 'test', method: await gateway.addMethod(customer, outcome)})
    await order({body: {payment_method: method.id}, api: paidApi()})
  }
  const scraped = await shop.scrape()

  t.deepEqual(countsOf(scraped, /^shop_(?:orders|payment_calls_total\{operation="pay")/), {
    shop_orders_placed_total: 2,
    'shop_orders_refused_total{code="payment_declined"}': 1,
    'shop_payment_calls_total{operation="pay",outcome="ok"}': 2,
  })
  t.deepEqual(
    Object.entries(scraped).filter(([key]) => key.startsWith('shop_payments{')),
    openPaymentStates.map((state) => [`shop_payments{state="${state}"}`, state === 'authorized' ? 1 : 0]),
  )
})

test('while the database is away, a scrape has the counts and what was known, and counts its failures', async (t) => {
  const network = {isDown: false}
  const through = async (url: string) => startProxy(t, url, () => network.isDown)
  const {shop, order} = await setUp(t, {through})
  await order()
  const before = await shop.scrape()
  network.isDown = true
  await until(async () => sumOf(await shop.scrape(), 'shop_metrics_refresh_failures_total') > 0)
  const during = await shop.scrape()

  t.is(before.shop_metrics_refresh_failures_total, 0)
  t.is(during.shop_orders_placed_total, 1)
  t.is(during.shop_products_sold_out, before.shop_products_sold_out)
  t.is(during.shop_metrics_refreshed_timestamp_seconds, before.shop_metrics_refreshed_timestamp_seconds)
  network.isDown = false
})

test('whatever clients send, every label has one of few values', async (t) => {
  const {shop, order, productId, headers} = await setUp(t)
  for (const method of ['PROPFIND', 'PURGE', 'TRACE', 'M-SEARCH', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
    for (const path of ['/orders/create/', `/x/${productId}`, '/__proto__/', '/constructor', '/docs/', '/']) {
      await sendRaw(`${shop.origin}${path}`, method)
    }
  }
  await order({quantity: 1000})
  await order({headers: {...headers, 'idempotency-key': 'x'.repeat(1000)}})
  await order({headers: {...headers, accept: 'text/x-unknown'}})
  await order({headers: {...headers, 'content-type': 'text/x-unknown'}})
  const codes = Object.keys(problems)
  const allowed: Record<string, Set<string>> = {
    code: new Set(codes),
    method: new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'other']),
    route: new Set([
      ...createResources({orderItems: 100, provider: 'test'}).map(({path}) => path),
      '/docs/',
      'unmatched',
    ]),
    status: new Set([...statuses(), 'aborted']),
    reason: new Set(releaseReasons),
    outcome: new Set([...basketOutcomes, ...loginOutcomes, ...callOutcomes]),
    pool: new Set(['requests', 'reads', 'logins', 'checkout']),
    state: new Set(['used', 'idle', 'waiting', ...openPaymentStates]),
    version: new Set([readVersion()]),
  }

  const keys = Object.keys(await shop.scrape()).filter((key) => key.startsWith('shop_'))
  const labels = keys.flatMap((key) => [...key.matchAll(/(\w+)="([^"]*)"/g)]).filter(([, name]) => name !== 'le')

  t.deepEqual(
    labels.filter(([, name = '', value = '']) => allowed[name]?.has(value) !== true).map(([label]) => label),
    [],
  )
  t.true(['route', 'code', 'method'].every((label) => labels.some(([, name]) => name === label)))
})

test('the metrics are at one path of their own port, and nowhere on the port of the shop', async (t) => {
  const {shop} = await setUp(t)
  const {origin: metricsOrigin} = new URL(shop.metricsUrl)

  const answers = await Promise.all([
    fetch(shop.metricsUrl),
    fetch(`${shop.metricsUrl}?name=x`),
    fetch(shop.metricsUrl, {method: 'HEAD'}),
    fetch(shop.metricsUrl, {method: 'POST'}),
    fetch(`${metricsOrigin}/`),
    fetch(`${metricsOrigin}/products/list/`),
    fetch(`${shop.origin}/metrics`),
    fetch(`${shop.origin}/metrics/`),
  ])

  t.deepEqual(
    answers.map(({status}) => status),
    [200, 200, 200, 405, 404, 404, 404, 404],
  )
  t.is(answers[0].headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
})

test('a port that is in use is refused, and the shop does not stay', async (t) => {
  const {shop} = await setUp(t)
  const {port} = new URL(shop.metricsUrl)

  const error = await t.throwsAsync(startWatchedShop(t, {env: {SHOP_METRICS_PORT: port}}), {
    instanceOf: ConfigurationError,
  })

  t.is(error.message, `Port ${port} is already in use.`)
  t.regex(error.hint ?? '', /SHOP_METRICS_PORT/)
})

test('the metrics end with the shop', async (t) => {
  const {shop} = await setUp(t)
  await shop.scrape()
  await shop.close()
  await t.throwsAsync(fetch(shop.metricsUrl))
})

function statuses(): string[] {
  return [
    ...new Set(Object.values(problems).map(({status}) => String(status))),
    '200',
    '201',
    '202',
    '204',
    '302',
    '304',
  ]
}

async function sendRaw(url: string, method: string): Promise<void> {
  await new Promise((resolve, reject) => {
    request(url, {method}, (response) => {
      response.resume().on('end', resolve)
    })
      .on('error', reject)
      .end()
  })
}

function sendTo({origin}: WatchedShop): Parameters<typeof requestsOf>[0] {
  return {
    async send(method, path, {json, headers} = {}) {
      const all = new Headers(headers)
      if (json !== undefined) all.set('content-type', 'application/json')
      return ask(origin + path, {method, headers: all, ...(json !== undefined && {body: JSON.stringify(json)})})
    },
  }
}

type OrderOptions = {
  quantity?: number
  body?: object
  api?: Api
  key?: string
  path?: string
  headers?: Record<string, string>
}

async function setUp(
  t: ExecutionContext,
  {stock = 100, ...options}: Parameters<typeof startWatchedShop>[1] & {stock?: number} = {},
) {
  const shop = await startWatchedShop(t, options)
  const userId = await addUser(shop.db)
  const headers = {authorization: `Token ${await addToken(shop.db, userId)}`}
  const productId = await addProduct(shop.db, {stock})
  const order = async ({
    quantity = 1,
    body,
    api,
    key,
    path = '/orders/create/',
    headers: own = headers,
  }: OrderOptions = {}) =>
    ask(
      shop.origin + path,
      {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && {'idempotency-key': key}),
          ...own,
        },
        body: JSON.stringify({items: [{product_id: productId, quantity}], ...body}),
      },
      api,
    )
  return {shop, userId, headers, productId, order}
}
