import test from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../src/services/audit.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {refreshAfterMany} from '../../../../src/services/catalogue/refresh.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'

async function change(db: Knex): Promise<void> {
  for (const name of ['Rice', 'Tea', 'Salt', 'Oil']) await addProduct(db, {name})
  await db('products').where({name: 'Rice'}).update({name: 'Basmati'})
  await db('products').where({name: 'Tea'}).update({enabled: false})
  await db('product_prices').where({product_id: 3}).update({amount: 5})
}

async function definitions(db: Knex): Promise<string[]> {
  return db('pg_indexes').where({tablename: 'listings'}).orderBy('indexname').pluck<string[]>('indexdef')
}

test('very many refreshes are applied at once, with all indexes afterwards', async (t) => {
  const {db} = await createDatabase(t)
  const indexes = await definitions(db)
  await change(db)

  await refreshAfterMany(db, {fewest: 1})

  t.is((await db('listing_refreshes')).length, 0)
  t.deepEqual(await definitions(db), indexes)
  t.is(indexes.length, 5)
  const {count, results} = await listProducts(db, {currency: 'USD', page: 1, pageSize: 9})
  t.is(count, 3)
  t.deepEqual(
    results.map(({name, price}) => [name, price]),
    [
      ['Basmati', 1000],
      ['Oil', 1000],
      ['Salt', 5],
    ],
  )
  t.deepEqual((await audit(db)).findings, [])
})

test('a few refreshes are applied in pieces', async (t) => {
  const {db} = await createDatabase(t)
  await change(db)

  t.deepEqual((await db.raw<{rows: unknown[]}>('select refresh_many_listings(50000) as applied')).rows, [{applied: 0}])
  t.true((await db('listing_refreshes')).length > 0)
  await refreshAfterMany(db)

  t.is((await db('listing_refreshes')).length, 0)
  t.deepEqual((await audit(db)).findings, [])
})
