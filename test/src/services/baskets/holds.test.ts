import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../src/services/audit.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {basketOf, change, checkout, codeOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {addProduct, addStock, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'

async function setUp(t: ExecutionContext, {stock = 10} = {}) {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock})
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  return {db, anna, ben, productId}
}

async function reservedOf(db: Knex, productId: number): Promise<number> {
  const [row] = await db('stock_levels').where({product_id: productId}).sum<{sum: string}[]>('reserved as sum')
  return Number(row?.sum)
}

test('of two users who add the last unit at the same moment, one gets it', async (t) => {
  const {db, anna, ben, productId} = await setUp(t, {stock: 1})

  const outcomes = await Promise.all([anna, ben].map(async (user) => decideJobs(db, [setItem(user, productId, 1)])))

  t.deepEqual(outcomes.map(([outcome]) => codeOf(outcome)).sort(), ['changed', 'out_of_stock'])
  t.is(await reservedOf(db, productId), 1)
})

test('the same quantity again keeps the hold and extends it', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const first = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  const second = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])

  t.is(await reservedOf(db, productId), 2)
  t.is(second?.items[0]?.held, 2)
  t.true((second?.items[0]?.heldUntil ?? '') > (first?.items[0]?.heldUntil ?? ''))
  t.is(second?.version, `${second?.id}-2`)
})

test('a lower quantity extends no hold, but one that has expired begins anew', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const first = basketOf((await decideJobs(db, [setItem(anna, productId, 3)]))[0])
  const lowered = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  await expireHolds(db, first?.id)
  const renewed = basketOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0])

  t.is(lowered?.items[0]?.heldUntil, first?.items[0]?.heldUntil)
  t.like(renewed?.items, [{quantity: 1, held: 1, problems: []}])
  t.is(await reservedOf(db, productId), 1)
})

test('a checkout sells what is held, also after the hold has expired', async (t) => {
  const {db, anna, productId} = await setUp(t, {stock: 2})
  const basket = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  await expireHolds(db, basket?.id)

  const [sold] = await decideJobs(db, [checkout(anna)])

  t.is(codeOf(sold), 'placed')
  t.is(await stockOf(db, productId), 0)
  t.is(await reservedOf(db, productId), 0)
})

test('an expired hold that was not removed goes to whoever needs it', async (t) => {
  const {db, anna, ben, productId} = await setUp(t, {stock: 2})
  const basket = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])
  t.is(codeOf((await decideJobs(db, [setItem(ben, productId, 1)]))[0]), 'out_of_stock')
  await expireHolds(db, basket?.id)

  const [bens] = await decideJobs(db, [setItem(ben, productId, 1)])
  const [annas] = await decideJobs(db, [checkout(anna)])

  t.is(codeOf(bens), 'changed')
  t.is(codeOf(annas), 'out_of_stock')
  t.is(await reservedOf(db, productId), 1)
})

test('a plain order ends expired holds, and uses those of its own user when free stock is short', async (t) => {
  const {db, anna, ben, productId} = await setUp(t, {stock: 5})
  await decideJobs(db, [setItem(anna, productId, 3)])
  const order = (user: number, quantity: number) => usdOrder(user, [{productId, quantity}])

  t.is(codeOf((await decideJobs(db, [order(ben, 3)]))[0]), 'out_of_stock')
  t.is(codeOf((await decideJobs(db, [order(anna, 4)]))[0]), 'placed')
  t.is(await reservedOf(db, productId), 1)
  await db('stock_reservations').update({expires_at: db.raw('statement_timestamp()')})
  t.is(codeOf((await decideJobs(db, [order(ben, 1)]))[0]), 'placed')
  t.is(await stockOf(db, productId), 0)
})

test('raising beyond what is free is refused and keeps the hold; lowering frees units for the same batch', async (t) => {
  const {db, anna, ben, productId} = await setUp(t, {stock: 4})
  await decideJobs(db, [setItem(anna, productId, 3)])

  const [refused] = await decideJobs(db, [setItem(anna, productId, 5)])
  t.like(refused, {status: 'refused', error: {shortages: [{productId, requested: 5, available: 4}]}})
  t.is(await reservedOf(db, productId), 3)

  const outcomes = await decideJobs(db, [setItem(anna, productId, 1), setItem(ben, productId, 3)])
  t.deepEqual(outcomes.map(codeOf), ['changed', 'changed'])
  t.is(await reservedOf(db, productId), 4)
})

test('of several items all are held or none, and every shortage is reported', async (t) => {
  const {db, anna, productId} = await setUp(t, {stock: 1})
  const other = await addProduct(db, {stock: 1})
  const third = await addProduct(db, {stock: 5})
  const items = [productId, other, third].map((id) => ({productId: id, quantity: 2}))

  const [outcome] = await decideJobs(db, [change(anna, {kind: 'add', items})])

  t.like(outcome, {error: {shortages: [{productId}, {productId: other}]}})
  t.is((await db('stock_reservations')).length, 0)
})

test('an addition that is repeated with its key is made once', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const add = change(anna, {kind: 'add', items: [{productId, quantity: 2}]})

  const outcomes = [...(await decideJobs(db, [add, add])), ...(await decideJobs(db, [add]))]

  t.deepEqual(outcomes.map(codeOf), ['changed', 'changed', 'changed'])
  t.is(basketOf(outcomes[2])?.items[0]?.quantity, 2)
  t.is(await reservedOf(db, productId), 2)
})

test('two checkouts of one basket place one order, and naming it returns that order again', async (t) => {
  const {db, anna, ben, productId} = await setUp(t)
  const basketId = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])?.id ?? 0

  const named = () => checkout(anna, {basketId})
  const outcomes = [
    ...(await decideJobs(db, [named(), named()])),
    ...(await decideJobs(db, [named(), checkout(ben, {basketId}), checkout(anna)])),
  ]

  t.deepEqual(outcomes.map(codeOf), ['placed', 'placed', 'placed', 'unknown_basket', 'invalid_order'])
  t.is((await db('orders')).length, 1)
})

test('a hold over several stock pools is sold from there', async (t) => {
  const {db, anna, productId} = await setUp(t, {stock: 3})
  await db('stock_pools').insert({name: 'east'})
  await addStock(db, {productId, poolId: 2, quantity: 3})

  await decideJobs(db, [setItem(anna, productId, 5)])
  t.deepEqual(await db('stock_levels').orderBy('pool_id').pluck('reserved'), [3, 2])
  t.is(codeOf((await decideJobs(db, [checkout(anna)]))[0]), 'placed')
  t.deepEqual(await db('stock_levels').orderBy('pool_id').pluck('on_hand'), [0, 1])
  t.is(await reservedOf(db, productId), 0)
})

test('removing what is not there leaves the version of a basket', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const first = basketOf((await decideJobs(db, [setItem(anna, productId, 2)]))[0])

  const again = basketOf((await decideJobs(db, [change(anna, {kind: 'remove', productId: productId + 1})]))[0])
  const emptied = basketOf((await decideJobs(db, [change(anna, {kind: 'clear'})]))[0])
  const still = basketOf((await decideJobs(db, [change(anna, {kind: 'clear'})]))[0])

  t.is(again?.version, first?.version)
  t.not(emptied?.version, first?.version)
  t.is(still?.version, emptied?.version)
})

test('a hold that is extended ends at its maximum', async (t) => {
  const {db, anna, productId} = await setUp(t)
  const settings = {holdSeconds: 300, holdMaxSeconds: 300}
  const first = basketOf((await decideJobs(db, [setItem(anna, productId, 2)], settings))[0])

  const second = basketOf((await decideJobs(db, [setItem(anna, productId, 2)], settings))[0])
  const [third] = await decideJobs(db, [change(anna, {kind: 'hold'})], settings)

  t.is(second?.items[0]?.heldUntil, first?.items[0]?.heldUntil)
  t.is(codeOf(third), 'hold_limit')
})

test('of several transactions that open the basket of a user at once, each adds to the same basket', async (t) => {
  const {db, anna} = await setUp(t)
  const productIds = await Promise.all(Array.from({length: 8}, async () => addProduct(db)))

  const outcomes = await Promise.all(productIds.map(async (productId) => decideJobs(db, [setItem(anna, productId, 1)])))

  t.deepEqual([...new Set(outcomes.flat().map(codeOf))], ['changed'])
  t.is((await db('baskets')).length, 1)
  t.is((await db('stock_reservations')).length, productIds.length)
})
