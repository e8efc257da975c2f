import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'

import {SpanKind, SpanStatusCode} from '@opentelemetry/api'
import test, {type ExecutionContext} from 'ava'

import {openTracing} from '../../src/tracing.ts'
import {ask} from '../helpers/ask.ts'
import {createDatabase} from '../helpers/database.ts'
import {metricsUrlOf, scrape} from '../helpers/metrics.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'
import type {WrittenSpan} from '../helpers/tracing-sdk.ts'
import {until, untilWaiting} from '../helpers/until.ts'

const sdk = import.meta.resolve('../helpers/tracing-sdk.js')
const root = fileURLToPath(new URL('../../..', import.meta.url))

test('without an SDK nothing is traced', (t) => {
  t.is(openTracing(), undefined)
})

test('an order has a span of its request with that of its wait, and its batch one of COMMIT', async (t) => {
  const {order, readSpans} = await setUp(t)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const parentId = 'b7ad6b7169203331'
  const {headers} = await order({headers: {traceparent: `00-${traceId}-${parentId}-01`}})

  const spans = await readSpans()
  const request = only(spans, 'PUT /orders/create/')
  const wait = only(spans, 'checkout wait')
  const batch = only(spans, 'checkout batch')
  const commit = only(spans, 'COMMIT')
  t.like(request, {kind: SpanKind.SERVER, traceId, parentId})
  t.like(request.attributes, {
    'http.request.method': 'PUT',
    'http.route': '/orders/create/',
    'http.response.status_code': 201,
    'url.path': '/orders/create/',
  })
  t.is(request.attributes['shop.request_id'], headers.get('x-request-id') ?? 'missing')
  t.like(wait, {traceId, parentId: request.spanId, links: [batch.spanId]})
  t.like(batch, {parentId: undefined, links: [request.spanId]})
  t.not(batch.traceId, traceId)
  t.like(batch.attributes, {'shop.batch.jobs': 1})
  t.like(commit, {kind: SpanKind.CLIENT, traceId: batch.traceId, parentId: batch.spanId})
})

test('a batch has a link to the request of each of its orders', async (t) => {
  const {db, shop, order, productId, readSpans} = await setUp(t)
  await order()
  const holder = await db.transaction()
  await holder('stock_levels').where({product_id: productId}).forUpdate()
  const first = order()
  await untilWaiting(db)
  const others = [order(), order(), order()]
  await until(async () => ((await scrape(await metricsUrlOf(shop))).shop_checkout_queue_jobs ?? 0) >= 3)
  await holder.rollback()
  await Promise.all([first, ...others])

  const spans = await readSpans()
  const requests = spans.filter(({name}) => name === 'PUT /orders/create/')
  const batches = spans.filter(({name}) => name === 'checkout batch')
  const waits = spans.filter(({name}) => name === 'checkout wait')
  t.is(requests.length, 5)
  t.true(batches.length < 6)
  t.true(batches.some(({links}) => links.length > 1))
  t.deepEqual(new Set(batches.flatMap(({links}) => links)), new Set(requests.map(({spanId}) => spanId)))
  for (const {links, spanId} of batches) {
    const carried = waits.filter((wait) => wait.links.includes(spanId)).map(({parentId}) => parentId)
    t.true(carried.every((parentId) => links.includes(parentId ?? '')))
  }
})

test('a failure of the shop is an error of the span, and a refusal is none', async (t) => {
  const {db, origin, order, readSpans} = await setUp(t)
  await order({quantity: 1000})
  await db.raw('alter table listings rename to gone')
  await fetch(`${origin}/products/list/`)
  await fetch(`${origin}/nothing/`)

  const spans = await readSpans()
  t.is(only(spans, 'PUT /orders/create/').status.code, SpanStatusCode.UNSET)
  t.is(only(spans, 'GET /products/list/').status.code, SpanStatusCode.ERROR)
  // No resource has the path, so that it cannot name the span.
  t.is(only(spans, 'GET').attributes['http.response.status_code'], 404)
})

test('the example in docs/tracing.md prints the spans of a request', async (t) => {
  const page = await readFile(join(root, 'docs/tracing.md'), 'utf8')
  const example = /```js\n(?<code>.*?)```/s.exec(page)?.groups?.code ?? ''
  const file = join(root, `dist/tracing-example-${process.pid}.mjs`)
  await writeFile(file, example)
  t.teardown(async () => rm(file))

  const {url} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: url, NODE_OPTIONS: `--import ${pathToFileURL(file).href}`})
  await fetch(`${await shop.url}/products/list/`)
  shop.child.kill('SIGTERM')
  await shop.exitCode

  t.regex(shop.stdout(), /name: 'GET \/products\/list\/'/)
})

function only(spans: WrittenSpan[], name: string): WrittenSpan {
  const [span, ...rest] = spans.filter((each) => each.name === name)
  if (!span || rest.length > 0) throw new Error(`Not one span is named ${name}: ${spans.map(({name}) => name).join()}`)
  return span
}

async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'shop-traces-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const file = join(folder, 'spans.json')
  const authorization = `Token ${await addToken(db, await addUser(db))}`
  const productId = await addProduct(db, {stock: 100})
  const shop = spawnServe(t, {
    DATABASE_URL: url,
    NODE_OPTIONS: `--import ${sdk}`,
    TRACE_FILE: file,
    SHOP_METRICS_PORT: '0',
  })
  const origin = await shop.url
  return {
    db,
    shop,
    origin,
    productId,
    order: async ({quantity = 1, headers = {}}: {quantity?: number; headers?: Record<string, string>} = {}) =>
      ask(`${origin}/orders/create/`, {
        method: 'PUT',
        headers: {authorization, 'content-type': 'application/json', ...headers},
        body: JSON.stringify({items: [{product_id: productId, quantity}]}),
      }),
    readSpans: async (): Promise<WrittenSpan[]> => {
      shop.child.kill('SIGTERM')
      await shop.exitCode
      return JSON.parse(await readFile(file, 'utf8')) as WrittenSpan[]
    },
  }
}
