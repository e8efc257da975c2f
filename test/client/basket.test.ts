import test, {type ExecutionContext} from 'ava'

import {createShopClient, readAnswer, type ShopClient, ShopProblem} from '../../client/index.ts'
import {openShop, reservedOf} from '../helpers/basket-requests.ts'
import {connectClient} from '../helpers/client.ts'
import {startProxy} from '../helpers/proxy.ts'
import {stockOf} from '../helpers/shop.ts'

const soon = {firstWaitMs: 5, longestWaitMs: 20}

async function setUp(t: ExecutionContext) {
  const opened = await openShop(t)
  const client = connectClient(opened.shop, opened.anna.headers)
  return {...opened, client, basket: client.basket}
}

test('a basket is filled, changed, held, emptied and ordered', async (t) => {
  const {db, client, basket, productId} = await setUp(t)
  t.like(await basket.get(), {id: null, items: [], version: '0'})

  const added = await basket.add([{product_id: productId, quantity: 2}])
  t.like(added, {total: '8.50', can_checkout: true, items: [{name: 'Rice', quantity: 2, held: 2}]})
  t.like(await basket.add([{product_id: productId, quantity: 1}]), {total: '12.75'})
  t.like(await basket.set(productId, 4), {total: '17.00'})
  t.is(await reservedOf(db, productId), 4)
  const held = await basket.hold()
  t.true((held.held_until ?? '') > (added.held_until ?? ''))
  t.deepEqual(await basket.get(), held)
  t.deepEqual((await basket.remove(productId)).items, [])
  await basket.set(productId, 1)
  t.deepEqual((await basket.clear()).items, [])

  const {id, total} = await basket.set(productId, 3)
  const placed = await basket.checkout({basket: id, expected_total: total})
  t.is(placed.total_price, '12.75')
  t.is((await basket.checkout({basket: id})).order_id, placed.order_id)
  const {items} = await readAnswer(client.api.GET('/orders/{id}/', {params: {path: {id: placed.order_id}}}))
  t.like(items, [{product: 'Rice', quantity: 3}])
  t.is(await stockOf(db, productId), 7)
})

test('a change for a version that the buyer has not seen is refused', async (t) => {
  const {basket, productId} = await setUp(t)
  const {version: ifVersion} = await basket.set(productId, 1)
  const seen = await basket.set(productId, 2, {ifVersion})

  for (const request of [
    basket.add([{product_id: productId, quantity: 1}], {ifVersion}),
    basket.set(productId, 1, {ifVersion}),
    basket.remove(productId, {ifVersion}),
    basket.clear({ifVersion}),
    basket.hold({ifVersion}),
    basket.checkout({}, {ifVersion}),
  ]) {
    const refusal = await t.throwsAsync(request, {instanceOf: ShopProblem})
    t.like(refusal, {status: 412, code: 'basket_changed'})
  }
  t.deepEqual(await basket.get(), seen)
})

test('a refusal is thrown as a problem, and not sent again', async (t) => {
  const {shop, anna, productId} = await setUp(t)
  let sent = 0
  const {basket} = createShopClient({
    baseUrl: shop.origin,
    token: anna.headers.authorization.replace('Token ', ''),
    async fetch(request) {
      sent++
      return fetch(request)
    },
  })

  const short = await t.throwsAsync(basket.set(productId, 11), {instanceOf: ShopProblem})
  const empty = await t.throwsAsync(basket.checkout({basket: null}), {instanceOf: ShopProblem})

  t.like(short, {status: 400, code: 'out_of_stock', problem: {shortages: [{requested: 11, available: 10}]}})
  t.like(empty, {status: 400, code: 'invalid_order'})
  t.is(sent, 2)
})

/** A client whose first answers to each request are lost on the way, after the shop has sent them. */
async function losing(t: ExecutionContext, opened: Awaited<ReturnType<typeof setUp>>) {
  let losses = 0
  const keys: (string | null)[] = []
  const lossy = await startProxy(t, opened.shop.origin, (message) => {
    return /^(DELETE|GET|POST|PUT) /.test(message) && losses > 0 && losses-- > 0
  })
  const client = createShopClient({
    baseUrl: lossy,
    token: opened.anna.headers.authorization.replace('Token ', ''),
    async fetch(request) {
      keys.push(request.headers.get('idempotency-key'))
      return fetch(request)
    },
  })
  const lose = async <Result>(request: (basket: ShopClient['basket']) => Promise<Result>): Promise<Result> => {
    keys.length = 0
    losses = 2
    const result = await request(client.basket)
    t.is(keys.length, 3)
    t.is(new Set(keys).size, 1)
    return result
  }
  return {lose, keys}
}

test('whatever is asked of a basket takes effect once, although answers are lost', async (t) => {
  const opened = await setUp(t)
  const {db, productId} = opened
  const {lose, keys} = await losing(t, opened)

  const added = await lose(async (basket) => basket.add([{product_id: productId, quantity: 2}], soon))
  t.regex(keys[0] ?? '', /^[0-9a-f-]{36}$/)
  t.like(added.items, [{quantity: 2, held: 2}])
  t.like((await lose(async (basket) => basket.set(productId, 3, soon))).items, [{quantity: 3}])
  t.like((await lose(async (basket) => basket.hold(soon))).items, [{held: 3}])
  t.like((await lose(async (basket) => basket.get(soon))).items, [{held: 3}])
  const {order_id: id} = await lose(async (basket) => basket.checkout({}, soon))
  t.deepEqual(await db('orders').pluck('id'), [id])
  t.deepEqual((await lose(async (basket) => basket.remove(productId, soon))).items, [])
  t.deepEqual((await lose(async (basket) => basket.clear(soon))).items, [])
  t.is(await stockOf(db, productId), 7)
})

test('a key of the caller is used for every attempt, and a signal ends them', async (t) => {
  const opened = await setUp(t)
  const {basket, productId} = opened
  const {lose, keys} = await losing(t, opened)
  const items = [{product_id: productId, quantity: 2}]

  await lose(async (lossy) => lossy.add(items, {...soon, idempotencyKey: 'one click'}))
  t.deepEqual(new Set(keys), new Set(['one click']))
  t.like((await basket.add(items, {idempotencyKey: 'one click'})).items, [{quantity: 2}])

  const reason = new Error('The buyer left.')
  const left = await t.throwsAsync(basket.get({signal: AbortSignal.abort(reason)}))
  t.is(left, reason)
})
