import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {hasSqlState, isUnavailable} from '../../../../src/db/errors.ts'
import {onlyRow, query} from '../../../../src/db/query.ts'
import {down, up} from '../../../../migrations/20261126100000_refresh_in_pieces.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {auditListings, fillCatalogue, listAll, recompute} from '../../../helpers/catalogue.ts'
import {createDatabase, type TestDatabase} from '../../../helpers/database.ts'
import {until, untilTriedAgain, untilWaiting} from '../../../helpers/until.ts'

/** More than two pieces of 500. */
const changed = 1200

async function countPending({db}: TestDatabase): Promise<number> {
  return onlyRow(await query<{count: number}>(db, 'select count(*) from listing_refreshes')).count
}

test('a change of more products than one piece is listed as a whole', async (t) => {
  const database = await createDatabase(t)
  const {db} = database
  await fillCatalogue(db, changed)
  await listAll(db)

  await db('product_prices').increment('amount', 5)
  await db('products').where('id', '<', 700).update({enabled: false})
  t.true((await countPending(database)) > changed)

  t.is((await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'})).count, changed - 699)
  t.is(await countPending(database), 0)
  t.deepEqual(await listAll(db), (await recompute(db)).slice(0, 1000))
  t.deepEqual(await auditListings(db), [])
})

test('a refresh that cannot go on keeps the pieces that it has applied, and goes on when it can', async (t) => {
  const database = await createDatabase(t)
  const {db, url} = database
  await fillCatalogue(db, changed)
  await listAll(db)
  const limited = connect(() => ({connectionString: url}), {poolSize: 2, statementMs: 5000, lockMs: 100})
  t.teardown(async () => limited.destroy())
  await db('product_prices').increment('amount', 5)
  const before = await countPending(database)
  // Each product has two refreshes that are due at once, in the order of the ids.
  const holder = await db.transaction()
  await holder('listings').where({product_id: 1100}).forUpdate()

  const list = listProducts(limited, {page: 1, pageSize: 20, currency: 'USD', ordering: 'id'})
  await until(async () => (await countPending(database)) === before - 2000)
  await Promise.race([list, untilTriedAgain(db)])
  await holder.rollback()

  const {count, results} = await list
  t.is(count, changed)
  t.deepEqual(
    results.map(({price}) => price),
    results.map(({id}) => ((id * 7919) % 10_000) + 5),
  )
  t.deepEqual(await auditListings(db), [])
})

test('a list waits for the refresh of another session, and applies what that left', async (t) => {
  const database = await createDatabase(t)
  const {db} = database
  await fillCatalogue(db, changed)
  await listAll(db)
  await db('product_prices').increment('amount', 5)
  const other = await db.transaction()
  await query(other, 'select refresh_listings(500)')

  const list = listProducts(db, {page: 1, pageSize: 20, currency: 'USD', ordering: '-id'})
  await untilWaiting(db)
  await other.commit()

  t.deepEqual(
    (await list).results.map(({id, price}) => price - ((id * 7919) % 10_000)),
    Array.from({length: 20}, () => 5),
  )
  t.is(await countPending(database), 0)
})

test('a read with a time limit gives up while another session keeps a listing locked', async (t) => {
  const {db, url} = await createDatabase(t)
  await fillCatalogue(db, 10)
  await listAll(db)
  const limited = connect(() => ({connectionString: url}), {poolSize: 1, statementMs: 5000, lockMs: 1000})
  t.teardown(async () => limited.destroy())
  await db('product_prices').increment('amount', 5)
  const holder = await db.transaction()
  await holder('listings').forUpdate()
  t.teardown(async () => holder.rollback())

  const error = await t.throwsAsync(listProducts(limited, {page: 1, pageSize: 20, currency: 'USD'}))

  t.true(isUnavailable(error) || error.name === 'ShopError')
})

test('down and up: the previous version refreshes as before, and this one again in pieces', async (t) => {
  const {db} = await createDatabase(t)
  await fillCatalogue(db, 10)
  await db('product_prices').increment('amount', 5)

  await down(db)
  const missing = await t.throwsAsync(listAll(db))
  t.true(hasSqlState(missing, 'undefinedFunction'))
  await query(db, 'select refresh_listings()')
  t.deepEqual(await listAll(db), await recompute(db))

  await up(db)
  await db('product_prices').increment('amount', 5)
  t.deepEqual(await listAll(db), await recompute(db))
  await db('product_prices').increment('amount', 5)
  await query(db, 'select refresh_listings()')
  t.deepEqual(await listAll(db), await recompute(db))
})
