import {randomUUID} from 'node:crypto'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {migrateToLatest, migrationSource} from '../../../../src/db/migrate.ts'
import {onlyRow, query} from '../../../../src/db/query.ts'
import {listProducts} from '../../../../src/services/catalogue/list.ts'
import {deferListings, loadListings} from '../../../../src/services/catalogue/load-listings.ts'
import {auditListings, fillCatalogue, listAll} from '../../../helpers/catalogue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {untilWaiting} from '../../../helpers/until.ts'

/** From this many products on, the listings' indexes are built at once. */
const many = 50_000

/** Products with the ids from 1, or `from`, by a transaction that lists them at its end. */
async function loadProducts(db: Knex, count: number, from = 1): Promise<void> {
  await db.transaction(async (trx) => {
    await deferListings(trx)
    if (from === 1) await fillCatalogue(trx, count)
    else await addProducts(trx, from, count)
    await loadListings(trx, {added: `select id from products where id >= ${from}`, changed: 'select 0 limit 0'})
  })
}

async function addProducts(trx: Knex.Transaction, from: number, count: number): Promise<void> {
  const ids = `generate_series(${from}::bigint, ${from + count - 1}) as n`
  await trx.raw(`insert into products (id, name) select n, 'Tea ' || n from ${ids}`)
  await trx.raw(`insert into product_prices (product_id, currency, amount) select n, 'USD', n from ${ids}`)
  await trx.raw(`insert into stock_levels (product_id, pool_id, on_hand) select n, 1, 1 from ${ids}`)
}

async function countListed(db: Knex): Promise<number> {
  return (await listProducts(db, {page: 1, pageSize: 20, currency: 'USD'})).count
}

/** Indexes that are dropped and built again have another oid afterwards. */
async function readNameIndex(db: Knex): Promise<unknown> {
  return onlyRow(await query(db, `select 'listings_name_idx'::regclass::oid as oid`))
}

async function readDefinitions(db: Knex): Promise<unknown[]> {
  return query(
    db,
    `select indexdef as definition from pg_indexes where tablename = 'listings'
     union all
     select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'listings'::regclass
     union all
     select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'listings'::regclass
     order by definition`,
  )
}

/** Another role and views, as a program that reports has them. */
async function createReport(t: ExecutionContext, db: Knex): Promise<() => Promise<unknown>> {
  const role = `reporter_${randomUUID().slice(0, 8)}`
  await db.raw(`create role ${role}`)
  t.teardown(async () => db.raw(`drop owned by ${role}; drop role ${role}`))
  await db.raw(`grant select on listings to ${role}`)
  await db.raw(`comment on table listings is 'for the report'`)
  await db.raw('create view report as select currency, count(*) from listings group by currency')
  // PostgreSQL lets it select the name because it knows the primary key, on which the view then depends.
  await db.raw('create view names as select name from listings group by currency, product_id')
  return async () =>
    onlyRow(
      await query(
        db,
        `select has_table_privilege('${role}', 'listings', 'select') as "mayRead",
                obj_description('listings'::regclass) as comment,
                (select coalesce(sum(count), 0)::bigint from report) as reported,
                (select count(*) from names) as names`,
      ),
    )
}

test('a load of many products keeps the grants, comments and views of the listings, and their indexes', async (t) => {
  const {db} = await createDatabase(t)
  const readReport = await createReport(t, db)
  const [definitions, nameIndex] = [await readDefinitions(db), await readNameIndex(db)]
  t.deepEqual(await readReport(), {mayRead: true, comment: 'for the report', reported: 0, names: 0})

  await loadProducts(db, many)

  t.notDeepEqual(await readNameIndex(db), nameIndex)
  t.deepEqual(await readReport(), {mayRead: true, comment: 'for the report', reported: many, names: many})
  t.deepEqual(await readDefinitions(db), definitions)
  t.is(await countListed(db), many)
  t.deepEqual(await auditListings(db), [])
})

test('few products, or many beside more than 10,000 listings, are added to the indexes row by row', async (t) => {
  const {db} = await createDatabase(t)
  const isRebuilt = async (load: () => Promise<void>): Promise<boolean> => {
    const before = await readNameIndex(db)
    await load()
    return JSON.stringify(await readNameIndex(db)) !== JSON.stringify(before)
  }

  t.false(await isRebuilt(async () => loadProducts(db, 10_000)))
  await addProduct(db, {id: 1_000_000})
  t.is(await countListed(db), 10_001)
  t.false(await isRebuilt(async () => loadProducts(db, many, 2_000_000)))
  t.is(await countListed(db), 10_001 + many)
  t.deepEqual(await auditListings(db), [])
})

test('many products beside 10,000 listings have the indexes built again, and the listings stay', async (t) => {
  const {db} = await createDatabase(t)
  await loadProducts(db, 10_000)
  const nameIndex = await readNameIndex(db)
  const reader = await db.transaction({isolationLevel: 'repeatable read'})
  await reader('stock_pools')

  await loadProducts(db, many, 2_000_000)

  // A snapshot from before the load still sees what was listed then.
  t.deepEqual(await query(reader, 'select count(*) from listings'), [{count: 10_000}])
  await reader.commit()
  t.notDeepEqual(await readNameIndex(db), nameIndex)
  t.is(await countListed(db), 10_000 + many)
  t.deepEqual(await auditListings(db), [])
})

test('a load by a role that does not own the listings adds them row by row', async (t) => {
  const {db} = await createDatabase(t)
  const role = `loader_${randomUUID().slice(0, 8)}`
  await db.raw(`create role ${role}; grant all on all tables in schema public to ${role}`)
  t.teardown(async () => db.raw(`drop owned by ${role}; drop role ${role}`))
  const nameIndex = await readNameIndex(db)

  await db.transaction(async (trx) => {
    await trx.raw(`set local role ${role}`)
    await deferListings(trx)
    await fillCatalogue(trx, many)
    await loadListings(trx, {added: 'select id from products', changed: 'select 0 limit 0'})
  })

  t.deepEqual(await readNameIndex(db), nameIndex)
  t.is(await countListed(db), many)
})

test('the migration can be rolled back and applied again in a shop with products', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 1_000_000, name: 'Rice'})
  // Its indexes and triggers would be lost with the table that the earlier one exchanges.
  await db.migrate.down({migrationSource, name: '20261130100000_listing_marks'})
  const definitions = await readDefinitions(db)

  await db.migrate.down({migrationSource, name: '20261126000000_refill_listings'})
  t.deepEqual(await readDefinitions(db), definitions)
  await loadProducts(db, many)
  t.is(await countListed(db), many + 1)
  await db.migrate.up({migrationSource, name: '20261126000000_refill_listings'})
  t.deepEqual(await readDefinitions(db), definitions)
  t.deepEqual(await migrateToLatest(db), ['20261130100000_listing_marks'])
  await db('stock_levels').where('product_id', '<>', 1_000_000).update({on_hand: 0})
  t.deepEqual(
    (await listAll(db)).map(({name}) => name),
    ['Rice'],
  )
  await loadProducts(db, many, 2_000_000)
  t.is(await countListed(db), many + 1)
  t.deepEqual(await auditListings(db), [])
})

test('the migration waits for a load that is under way', async (t) => {
  const {db} = await createDatabase(t)
  await db.migrate.down({migrationSource, name: '20261126000000_refill_listings'})
  const load = await db.transaction()
  await load.raw(`select pg_advisory_xact_lock(x'6c6f6164'::int)`)
  let isMigrated = false

  const migration = migrateToLatest(db).then(() => {
    isMigrated = true
  })
  await untilWaiting(db)
  await load.raw(`select load_listings(array(select generate_series(1, ${many})), '{}')`)
  t.false(isMigrated)
  await load.commit()
  await migration

  t.true(isMigrated)
})
