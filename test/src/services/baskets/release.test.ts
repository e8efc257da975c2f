import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {UnknownBasketError, UnknownProductError} from '../../../../src/errors.ts'
import {audit} from '../../../../src/services/audit.ts'
import {countHolds, releaseHolds} from '../../../../src/services/baskets/release.ts'
import {basketOf, change, checkout, codeOf, decideJobs, expireHolds, setItem} from '../../../helpers/baskets.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct, addStock, addUser} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

/** Anna holds 7 of rice, in two stock pools, and 1 of tea; Ben holds 2 of tea. */
async function setUp(t: ExecutionContext) {
  const {db} = await createDatabase(t)
  const [anna, ben] = [await addUser(db), await addUser(db)]
  const [rice, tea] = [await addProduct(db, {stock: 5}), await addProduct(db, {stock: 5})]
  await db('stock_pools').insert({name: 'east'})
  await addStock(db, {productId: rice, poolId: 2, quantity: 5})
  const items = [
    {productId: rice, quantity: 7},
    {productId: tea, quantity: 1},
  ]
  const [annas, bens] = await decideJobs(db, [change(anna, {kind: 'add', items}), setItem(ben, tea, 2)])
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  return {db, anna, ben, rice, tea, annas: basketOf(annas)?.id ?? 0, bens: basketOf(bens)?.id ?? 0}
}

async function held(db: Knex): Promise<number[]> {
  return db('stock_reservations').orderBy(['basket_id', 'product_id', 'pool_id']).pluck('quantity')
}

test('the holds of a product end in every basket and stock pool, and its lines stay', async (t) => {
  const {db, anna, rice, tea} = await setUp(t)

  t.deepEqual(await countHolds(db, {productId: rice}), {holds: 2, units: 7, products: 1})
  t.deepEqual(await releaseHolds(db, {productId: rice}), {holds: 2, units: 7, products: 1})
  t.deepEqual(await held(db), [1, 2])
  t.deepEqual(await releaseHolds(db, {productId: tea}), {holds: 2, units: 3, products: 1})

  t.deepEqual(await db('stock_levels').pluck('reserved'), [0, 0, 0])
  t.is(codeOf((await decideJobs(db, [checkout(anna)]))[0]), 'placed')
})

test('the holds of a basket end, and those of others stay', async (t) => {
  const {db, annas, bens, tea} = await setUp(t)

  t.deepEqual(await releaseHolds(db, {basketId: bens, productId: tea}), {holds: 1, units: 2, products: 1})
  t.deepEqual(await releaseHolds(db, {basketId: annas}), {holds: 3, units: 8, products: 2})
  t.deepEqual(await releaseHolds(db, {basketId: annas}), {holds: 0, units: 0, products: 0})
})

test('with --expired, only holds that have expired end', async (t) => {
  const {db, annas, bens} = await setUp(t)
  t.deepEqual(await releaseHolds(db, {expired: true}), {holds: 0, units: 0, products: 0})
  await expireHolds(db, bens)

  t.deepEqual(await releaseHolds(db, {expired: true, basketId: annas}), {holds: 0, units: 0, products: 0})
  t.deepEqual(await countHolds(db, {expired: true}), {holds: 1, units: 2, products: 1})
  t.deepEqual(await releaseHolds(db, {expired: true}), {holds: 1, units: 2, products: 1})
  t.deepEqual(await held(db), [5, 2, 1])
})

test('an unknown product or basket is refused', async (t) => {
  const {db, rice} = await setUp(t)
  for (const use of [countHolds, releaseHolds]) {
    await t.throwsAsync(use(db, {productId: 99}), {instanceOf: UnknownProductError})
    await t.throwsAsync(use(db, {productId: rice, basketId: 99}), {instanceOf: UnknownBasketError})
  }
  t.is((await held(db)).length, 4)
})

test('a level that is being changed is waited for, and its holds end as they are then', async (t) => {
  const {db, bens, tea} = await setUp(t)
  const other = await db.transaction()
  await other('stock_levels').where({product_id: tea}).forUpdate().select()

  const released = releaseHolds(db, {productId: tea})
  await untilWaiting(db)
  // What a batch would write that had read the holds behind its lock.
  await other('stock_reservations').where({basket_id: bens}).update({quantity: 4})
  await other('stock_levels').where({product_id: tea}).increment('reserved', 2)
  await other('basket_lines').where({basket_id: bens}).update({quantity: 4})
  await other.commit()

  t.deepEqual(await released, {holds: 2, units: 5, products: 1})
  t.deepEqual(await db('stock_levels').where({product_id: tea}).pluck('reserved'), [0])
})

test('more stock levels than one transaction locks are released in turn', async (t) => {
  const {db, annas, bens} = await setUp(t)
  await db.raw(
    `with product as (insert into products (name, enabled) select 'Tea ' || n, true from generate_series(1, 1200) as n returning id),
     level as (
       insert into stock_levels (product_id, pool_id, on_hand, reserved) select id, 1, 3, 3 from product returning product_id
     ),
     movement as (
       insert into stock_movements (product_id, pool_id, delta, reason) select product_id, 1, 3, 'load' from level
     ),
     line as (
       insert into basket_lines (basket_id, product_id, quantity, seen_price)
       select basket_id, product_id, 2, 1 from level cross join unnest(?::bigint[], ?::int[]) as basket (basket_id, units)
     )
     insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
     select basket_id, product_id, 1, units, now(), now() + interval '1 minute'
     from level
     cross join unnest(?::bigint[], ?::int[]) as basket (basket_id, units)`,
    [
      [annas, bens],
      [1, 2],
      [annas, bens],
      [1, 2],
    ],
  )

  t.deepEqual(await releaseHolds(db, {basketId: annas}), {holds: 1203, units: 1208, products: 1202})
  t.deepEqual(await releaseHolds(db, {basketId: bens}), {holds: 1201, units: 2402, products: 1201})
})
