import test, {type ExecutionContext} from 'ava'

import {createShopClient, type ShopClient, ShopProblem} from '../../client/index.ts'
import {CheckoutBusyError} from '../../src/errors.ts'
import {CheckoutQueue} from '../../src/services/checkout/queue.ts'
import {createTokenLookup} from '../../src/services/accounts/tokens.ts'
import {createDatabase} from '../helpers/database.ts'
import {startShop, type TestShop} from '../helpers/http.ts'
import {startProxy} from '../helpers/proxy.ts'
import {addProduct, addToken, addUser, stockOf} from '../helpers/shop.ts'

const soon = {firstWaitMs: 5, longestWaitMs: 20}

type Send = (request: Request) => Promise<Response>

/** A client with its own user, ten of a product in stock, and the requests that were sent. */
async function setUp(t: ExecutionContext, {send = fetch, shop: started}: {send?: Send; shop?: TestShop} = {}) {
  const shop = started ?? (await startShop(t))
  const productId = await addProduct(shop.db, {stock: 10})
  const token = await addToken(shop.db, await addUser(shop.db))
  const keys: (string | null)[] = []
  const connect = (baseUrl: string): ShopClient =>
    createShopClient({
      baseUrl,
      token,
      async fetch(request) {
        keys.push(request.headers.get('idempotency-key'))
        return send(request)
      },
    })
  return {shop, productId, keys, connect, client: connect(shop.origin), items: [{product_id: productId, quantity: 1}]}
}

/** A shop whose queue is full for the first orders. */
async function startBusyShop(t: ExecutionContext, refusals: number): Promise<TestShop> {
  const {db} = await createDatabase(t)
  class BusyQueue extends CheckoutQueue {
    override async place(...order: Parameters<CheckoutQueue['place']>): ReturnType<CheckoutQueue['place']> {
      if (refusals-- > 0) throw new CheckoutBusyError()
      return super.place(...order)
    }
  }
  const checkout = new BusyQueue(db, {lanes: 2, batchSize: 100, limit: 2000})
  const shop = await startShop(t, {db, findTokenUser: createTokenLookup(db), checkout})
  return {...shop, db}
}

test('an order whose answers are lost after the COMMIT is sent again and placed once', async (t) => {
  const {shop, productId, keys, connect, items} = await setUp(t)
  let losses = 2
  const lossy = await startProxy(t, shop.origin, (message) => message.startsWith('PUT') && losses-- > 0)

  const placed = await connect(lossy).placeOrder({items}, soon)

  t.is(keys.length, 3)
  t.is(new Set(keys).size, 1)
  t.regex(keys[0] ?? '', /^[0-9a-f-]{36}$/)
  t.deepEqual(await shop.db('orders').select('id'), [{id: placed.order_id}])
  t.is(await stockOf(shop.db, productId), 9)
})

test('the client gives up after the allowed attempts if no answer arrives, and the order was placed once', async (t) => {
  const {shop, keys, connect, client, items} = await setUp(t)
  const lossy = await startProxy(t, shop.origin, (message) => message.startsWith('PUT'))
  const idempotencyKey = 'the basket of this page'

  await t.throwsAsync(connect(lossy).placeOrder({items}, {...soon, attempts: 3, idempotencyKey}), {
    instanceOf: TypeError,
  })
  const [order] = await shop.db('orders').select<{id: number}[]>('id')
  const found = await client.placeOrder({items}, {idempotencyKey})

  t.is(order?.id, found.order_id)
  t.is((await shop.db('orders')).length, 1)
  t.deepEqual(
    keys,
    Array.from({length: 4}, () => idempotencyKey),
  )
})

test('an order is sent again to a busy shop', async (t) => {
  const {shop, keys, client, items} = await setUp(t, {shop: await startBusyShop(t, 2)})

  const placed = await client.placeOrder({items}, soon)

  t.is(keys.length, 3)
  t.deepEqual(await shop.db('orders').select('id'), [{id: placed.order_id}])
})

test('the client gives up on a shop that stays busy, and throws its problem', async (t) => {
  const {shop, keys, client, items} = await setUp(t, {shop: await startBusyShop(t, 100)})

  const error = await t.throwsAsync(client.placeOrder({items}, {...soon, attempts: 3}), {instanceOf: ShopProblem})

  t.is(keys.length, 3)
  t.like(error, {status: 503, code: 'checkout_busy', problem: {code: 'checkout_busy', status: 503}})
  t.is(error.headers.get('retry-after'), '5')
  t.deepEqual(await shop.db('orders'), [])
})

test('an order that is refused is not sent again', async (t) => {
  const {shop, productId, keys, client, items} = await setUp(t)
  const refuses = async (promise: Promise<unknown>, expected: object) => {
    const error = await t.throwsAsync(promise, {instanceOf: ShopProblem})
    t.like(error, expected)
  }

  await refuses(client.placeOrder({items: [{product_id: productId, quantity: 11}]}), {
    status: 400,
    code: 'out_of_stock',
    detail: 'One or more items were out of stock in the quantities you requested - order not created.',
    problem: {shortages: [{product_id: productId, requested: 11, available: 10}]},
  })
  await refuses(client.placeOrder({items, expected_total: '1.00'}), {status: 409, code: 'total_mismatch'})
  await refuses(createShopClient({baseUrl: shop.origin}).placeOrder({items}), {status: 401, code: 'not_authenticated'})
  await client.placeOrder({items}, {idempotencyKey: 'one'})
  await refuses(client.placeOrder({items: []}, {idempotencyKey: 'one'}), {status: 400, code: 'invalid_order'})

  t.is(keys.length, 4)
  t.is(await stockOf(shop.db, productId), 9)
})

/** Answers the first requests in place of the shop, and lets the rest through. */
function answerFirst(...answers: (() => Promise<Response> | Response)[]): Send {
  return async (request) => {
    const answer = answers.shift()
    return answer ? answer() : fetch(request)
  }
}

test('an order is sent again after a 502 of a proxy, which has no code', async (t) => {
  const badGateway = () => new Response('<h1>Bad Gateway</h1>', {status: 502, statusText: 'Bad Gateway'})
  const {keys, client, items} = await setUp(t, {send: answerFirst(badGateway, badGateway)})

  const error = await t.throwsAsync(client.placeOrder({items}, {attempts: 1}), {instanceOf: ShopProblem})
  t.like(error, {status: 502, code: undefined, problem: undefined, detail: '502 Bad Gateway'})
  await client.placeOrder({items}, soon)

  t.is(keys.length, 3)
})

test('an order is sent again if its answer breaks off', async (t) => {
  const half = () => new Response('{"order_id": 1', {status: 201})
  const {shop, client, items} = await setUp(t, {send: answerFirst(half)})

  await client.placeOrder({items}, soon)

  t.is((await shop.db('orders')).length, 1)
})

test('the client waits for Retry-After, but not longer than the longest wait', async (t) => {
  const busy = (seconds: string) => () => new Response('', {status: 503, headers: {'retry-after': seconds}})
  const {client, items} = await setUp(t, {send: answerFirst(busy('1'), busy('86400'), busy('tomorrow'))})
  const start = performance.now()

  await client.placeOrder({items}, {firstWaitMs: 1, longestWaitMs: 1200})

  t.true(performance.now() - start >= 2100)
})

/** Keeps requests in flight reachable, as `fetch` does: otherwise they and their signals would be garbage-collected. */
const underWay = new Set<Request>()

/** Never answers; rejects when the request is aborted. */
async function hang(request: Request): Promise<Response> {
  underWay.add(request)
  return new Promise((_, reject) => {
    request.signal.addEventListener('abort', () => {
      reject(request.signal.reason as Error)
    })
  })
}

test('an order is sent again if no answer arrives in time', async (t) => {
  let hangs = 2
  const {keys, client, items} = await setUp(t, {
    send: async (request) => (request.method === 'PUT' && hangs-- > 0 ? hang(request) : fetch(request)),
  })

  await client.placeOrder({items}, {...soon, timeoutMs: 2000, attempts: 3})

  t.is(keys.length, 3)
})

test('a signal ends an attempt and the wait for the next one', async (t) => {
  const controller = new AbortController()
  const reason = new Error('The buyer left.')
  const {keys, client, items} = await setUp(t, {
    async send(request) {
      setTimeout(() => {
        controller.abort(reason)
      }, 10)
      return hang(request)
    },
  })
  const {signal} = controller
  const thrown = await t.throwsAsync(client.placeOrder({items}, {signal}))
  t.is(thrown, reason)
  t.is(keys.length, 1)

  const later = new AbortController()
  const busy = async () => {
    setTimeout(() => {
      later.abort(reason)
    }, 10)
    return Promise.resolve(new Response('', {status: 503, headers: {'retry-after': '25'}}))
  }
  const waiting = createShopClient({baseUrl: 'http://localhost', fetch: busy})
  const thrownLater = await t.throwsAsync(waiting.placeOrder({items}, {signal: later.signal}))
  t.is(thrownLater, reason)
})
