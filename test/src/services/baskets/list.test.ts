import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {InvalidPageError, UnknownBasketError} from '../../../../src/errors.ts'
import {type BasketFilter, listBaskets} from '../../../../src/services/baskets/list.ts'
import {findBasketRecord} from '../../../../src/services/baskets/record.ts'
import {setPrice} from '../../../../src/services/products/prices.ts'
import {basketOf, change, checkout, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addStock, addUser} from '../../../helpers/shop.ts'

/** Anna has a basket with two lines and had one that she ordered; Ben has one with a line and Carl one without. */
async function setUp(t: ExecutionContext) {
  const {db} = await createDatabase(t)
  const [anna, ben, carl] = [await addUser(db, 'anna'), await addUser(db, 'ben'), await addUser(db, 'carl')]
  const rice = await addProduct(db, {name: 'Rice', stock: 5, price: 250})
  const tea = await addProduct(db, {name: 'Tea', stock: 5, price: 100})
  await db('stock_pools').insert({name: 'east'})
  await addStock(db, {productId: rice, poolId: 2, quantity: 5})
  const items = [
    {productId: rice, quantity: 7},
    {productId: tea, quantity: 1},
  ]
  await decideJobs(db, [setItem(anna, tea, 2), checkout(anna)])
  const [bens] = await decideJobs(db, [setItem(ben, tea, 2)])
  const [carls] = await decideJobs(db, [setItem(carl, tea, 1), change(carl, {kind: 'clear'})])
  const [annas] = await decideJobs(db, [change(anna, {kind: 'add', items})])
  const [ordered = 0] = await db('baskets').where({status: 'ordered'}).pluck<number[]>('id')
  return {db, anna, ben, rice, tea, annas: idOf(annas), bens: idOf(bens), carls: idOf(carls), ordered}
}

function idOf(outcome: Parameters<typeof basketOf>[0]): number {
  return basketOf(outcome)?.id ?? 0
}

async function idsOf(db: Knex, filter: BasketFilter = {}): Promise<number[]> {
  const {results} = await listBaskets(db, {page: 1, pageSize: 20, ...filter})
  return results.map(({id}) => id)
}

test('lists baskets that are not ordered, latest change first, with what they hold', async (t) => {
  const {db, ben, tea, annas, bens, carls} = await setUp(t)
  t.deepEqual(await idsOf(db), [annas, carls, bens])
  await decideJobs(db, [setItem(ben, tea, 1)])
  await setPrice(db, {productId: tea, currency: 'USD', amount: 110})
  const expiry = db('stock_reservations').where({basket_id: annas}).min('expires_at')

  const {count, page, pageCount, results} = await listBaskets(db, {page: 1, pageSize: 20})

  t.deepEqual([count, page, pageCount], [3, 1, 1])
  t.deepEqual(
    results.map(({id, username, items, held, expired, total}) => [id, username, items, held, expired, total]),
    [
      [bens, 'ben', 1, 1, 0, 110n],
      [annas, 'anna', 2, 8, 0, 1860n],
      [carls, 'carl', 0, 0, 0, 0n],
    ],
  )
  t.like(results[1], {status: 'open', currency: 'USD'})
  t.deepEqual(await expiry, [{min: results[1]?.nextExpiry}])
  t.is(results[2]?.nextExpiry, null)
})

test('can be limited to a user or to baskets that hold stock, and include those that were ordered', async (t) => {
  const {db, anna, annas, bens, carls, ordered} = await setUp(t)
  await expireHolds(db, bens)

  t.deepEqual(await idsOf(db, {held: true}), [annas, bens])
  t.deepEqual(await idsOf(db, {userId: anna}), [annas])
  t.deepEqual(await idsOf(db, {userId: anna, all: true}), [annas, ordered])
  t.deepEqual(await idsOf(db, {all: true}), [annas, carls, bens, ordered])
  t.deepEqual(await idsOf(db, {all: true, held: true, userId: anna}), [annas])

  const {results} = await listBaskets(db, {page: 1, pageSize: 20, all: true})
  t.like(results[2], {held: 2, expired: 2})
  t.like(results[3], {status: 'ordered', items: 1, held: 0, total: 200n})
})

test('pages are counted, and a page that does not exist is refused', async (t) => {
  const {db, bens, carls} = await setUp(t)

  const second = await listBaskets(db, {page: 2, pageSize: 1})
  const last = await listBaskets(db, {page: 'last', pageSize: 2})

  t.deepEqual([second.results[0]?.id, second.count, second.pageCount], [carls, 3, 3])
  t.deepEqual([last.results[0]?.id, last.page], [bens, 2])
  await t.throwsAsync(listBaskets(db, {page: 4, pageSize: 1}), {instanceOf: InvalidPageError})
})

test('a basket that is worth more than any order is listed and shown', async (t) => {
  const {db, ben, bens} = await setUp(t)
  const gold = await addProduct(db, {stock: 9000, price: Number.MAX_SAFE_INTEGER})
  await decideJobs(db, [setItem(ben, gold, 9000)])

  const total = 9000n * BigInt(Number.MAX_SAFE_INTEGER) + 200n
  t.is((await listBaskets(db, {page: 1, pageSize: 1})).results[0]?.total, total)
  t.is((await findBasketRecord(db, bens)).total, total)
})

test('a record has the lines as the customer sees them, and the holds of each stock pool', async (t) => {
  const {db, annas, rice, tea} = await setUp(t)
  await setPrice(db, {productId: tea, currency: 'USD', amount: 110})
  await db('products').where({id: rice}).update({enabled: false})
  await db('stock_reservations').where({product_id: tea}).update({expires_at: '2026-04-18T19:07:52Z'})

  const {items, holds, ...basket} = await findBasketRecord(db, annas)

  t.like(basket, {id: annas, username: 'anna', status: 'open', currency: 'USD', orderId: null, total: 1860n})
  t.true(basket.updatedAt >= basket.createdAt)
  t.deepEqual(
    items.map(({productId, name, quantity, lineTotal, held, problems}) => [
      ...[productId, name, quantity, lineTotal, held],
      problems.map(({code}) => code),
    ]),
    [
      [rice, 'Rice', 7, 1750n, 7, ['unavailable']],
      [tea, 'Tea', 1, 110n, 0, ['not_held', 'price_changed']],
    ],
  )
  t.deepEqual(
    holds.map(({productId, pool, quantity, isExpired}) => [productId, pool, quantity, isExpired]),
    [
      [rice, 'default', 5, false],
      [rice, 'east', 2, false],
      [tea, 'default', 1, true],
    ],
  )
  t.is(holds[2]?.expiresAt, '2026-04-18T19:07:52.000000Z')
})

test('the record of a basket that was ordered has its order, and the lines as they were ordered', async (t) => {
  const {db, ordered, tea} = await setUp(t)
  await setPrice(db, {productId: tea, currency: 'USD', amount: 110})
  await db('products').where({id: tea}).update({name: 'Green Tea'})

  const {items, holds, ...basket} = await findBasketRecord(db, ordered)

  t.like(basket, {status: 'ordered', orderId: 1, total: 200n})
  t.deepEqual(items, [
    {productId: tea, name: 'Tea', quantity: 2, price: 100, lineTotal: 200n, held: 0, heldUntil: null, problems: []},
  ])
  t.deepEqual(holds, [])
})

test('an unknown basket has no record', async (t) => {
  const {db} = await createDatabase(t)
  await t.throwsAsync(findBasketRecord(db, 1), {instanceOf: UnknownBasketError})
})
