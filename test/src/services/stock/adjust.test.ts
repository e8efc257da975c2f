import test from 'ava'

import {ShopError, TooLittleStockError, TooMuchStockError, UnknownProductError} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {createPool} from '../../../../src/services/stock/pools.ts'
import {adjustStock, maxOnHand} from '../../../../src/services/stock/adjust.ts'
import {basketOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

const pool = 'default'

test('stock goes up, down and to a number; each change is a movement, and a change of 0 is none', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 10})

  t.deepEqual(await adjustStock(db, {productId, pool, change: {by: 5}}), {productId, pool, before: 10, after: 15})
  await adjustStock(db, {productId, pool, change: {by: -3}})
  await adjustStock(db, {productId, pool, change: {to: 4}})
  await adjustStock(db, {productId, pool, change: {to: 4}})
  await adjustStock(db, {productId, pool, change: {by: 0}})

  t.is(await stockOf(db, productId), 4)
  const movements = db('stock_movements').where({reason: 'adjust'}).orderBy('id')
  t.deepEqual(await movements.pluck('delta'), [5, -3, -8])
  t.deepEqual((await audit(db)).findings, [])
})

test('ten simultaneous adjustments create a missing stock level once', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 0})
  await createPool(db, 'east')

  await Promise.all(Array.from({length: 10}, async () => adjustStock(db, {productId, pool: 'east', change: {by: 1}})))

  t.is(await stockOf(db, productId), 10)
  t.deepEqual((await audit(db)).findings, [])
})

test('reserved or missing stock cannot be taken out, and the attempt changes nothing', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 10})
  await db('stock_levels').update({reserved: 4})
  await createPool(db, 'east')

  const tooFew = await t.throwsAsync(adjustStock(db, {productId, pool, change: {to: 3}}), {
    instanceOf: TooLittleStockError,
  })
  t.regex(tooFew.message, /default has 10 of product 1, 4 of them held by baskets: at most 6 /)
  t.regex(tooFew.hint ?? '', /--by=-6 or --to 4/)
  await t.throwsAsync(adjustStock(db, {productId, pool, change: {by: -7}}), {instanceOf: TooLittleStockError})
  await t.throwsAsync(adjustStock(db, {productId, pool: 'east', change: {by: -1}}), {message: /none can be taken out/})
  await t.throwsAsync(adjustStock(db, {productId, pool, change: {by: maxOnHand}}), {instanceOf: TooMuchStockError})
  await t.throwsAsync(adjustStock(db, {productId: 99, pool, change: {by: 1}}), {instanceOf: UnknownProductError})

  t.is((await db('stock_levels')).length, 1)
  t.is(await stockOf(db, productId), 10)
  await t.notThrowsAsync(adjustStock(db, {productId, pool, change: {by: -6}}))
})

test('expired holds end before an adjustment is refused because of them, and other holds stay', async (t) => {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const productId = await addProduct(db, {stock: 10})
  const [annas] = await decideJobs(db, [setItem(anna, productId, 4)])
  await decideJobs(db, [setItem(ben, productId, 3)])
  const takeOut = async (units: number) => adjustStock(db, {productId, pool, change: {by: -units}})

  await t.throwsAsync(takeOut(4), {message: /10 of product 1, 7 of them held by baskets: at most 3 /})
  await expireHolds(db, basketOf(annas)?.id)
  await takeOut(3)
  t.deepEqual(await db('stock_levels').pluck('reserved'), [7])

  await t.throwsAsync(takeOut(5), {message: /7 of product 1, 3 of them held by baskets: at most 4 /})
  t.deepEqual(await takeOut(4), {productId, pool, before: 7, after: 3})

  t.deepEqual(await db('stock_levels').select('on_hand', 'reserved'), [{on_hand: 3, reserved: 3}])
  t.deepEqual(await db('stock_reservations').pluck('quantity'), [3])
  t.deepEqual((await audit(db)).findings, [])
})

test('of two adjustments that take the last units at once, one is refused with the available stock', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 10})
  const takeOut = async () => adjustStock(db, {productId, pool, change: {by: -6}})

  const other = await db.transaction()
  await other('stock_levels').forUpdate()

  const settled = Promise.allSettled([takeOut(), takeOut()])
  await untilWaiting(db, 2)
  await other.rollback()
  const outcomes = await settled

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({reason}) => reason as unknown)
  t.is(refusals.length, 1)
  t.true(refusals[0] instanceof TooLittleStockError)
  t.is(await stockOf(db, productId), 4)
})

test('setting a number is exact, whatever was sold while the adjustment waited for its lock', async (t) => {
  const {db} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 10})
  const other = await db.transaction()
  await other('stock_levels').forUpdate()

  const adjusted = adjustStock(db, {productId, pool, change: {to: 5}})
  await untilWaiting(db)
  await other('stock_levels').decrement('on_hand', 3)
  await other.commit()

  t.like(await adjusted, {before: 7, after: 5})
  t.is(await stockOf(db, productId), 5)
})

test('adjustments beside orders oversell nothing and keep the ledger complete', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 16})
  const userId = await addUser(db)
  const productId = await addProduct(db, {stock: 20})
  await createPool(db, 'east')

  const orders = Array.from({length: 30}, async () => placeOrder(db, usdOrder(userId, [{productId, quantity: 1}])))
  const adjustments = Array.from({length: 20}, async (_, n) =>
    adjustStock(db, {productId, pool: n % 2 ? 'east' : pool, change: n % 4 < 2 ? {by: 1} : {by: -1}}),
  )
  const outcomes = [await Promise.allSettled(orders), await Promise.allSettled(adjustments)]

  for (const settled of outcomes) t.true(settled.some(({status}) => status === 'fulfilled'))
  const refusals = outcomes.flat().filter((outcome) => outcome.status === 'rejected')
  t.deepEqual(
    refusals.filter(({reason}) => !(reason instanceof ShopError)),
    [],
  )
  t.deepEqual((await audit(db)).findings, [])
})
