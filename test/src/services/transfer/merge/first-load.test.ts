import {isDeepStrictEqual} from 'node:util'

import test from 'ava'
import type {Knex} from 'knex'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {audit} from '../../../../../src/services/audit.ts'
import {listProducts} from '../../../../../src/services/catalogue/list.ts'
import {deferListings, tryToLockListings} from '../../../../../src/services/catalogue/load-listings.ts'
import {FirstLoad, manyProducts} from '../../../../../src/services/transfer/merge/first-load.ts'
import {loadFixture, type LoadOptions, type LoadResult} from '../../../../../src/services/transfer/load.ts'
import {cheapBcrypt} from '../../../../helpers/cheap-bcrypt.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {contents} from '../../../../helpers/fixtures.ts'
import {addProduct} from '../../../../helpers/shop.ts'
import {untilWaiting} from '../../../../helpers/until.ts'

/** One record per line. The threshold is low, so that a few hundred products are a first load. */
async function loadLines(db: Knex, lines: string[], options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  return loadFixture(db, cheapBcrypt, lines.join('\n'), {currency: 'USD', firstLoadFrom: fewProducts, ...options})
}

const fewProducts = 300

const record = (kind: string, value: object): string => JSON.stringify({[kind]: value})

const plainProducts = Array.from({length: fewProducts}, (_, n) =>
  record('product', {id: n + 1, name: `Tea ${n + 1}`, price: '1.00', stock: n % 3}),
)

/** With and without ids, times, currencies, pools, and orders that refer to them. */
const variedProducts = Array.from({length: 60}, (_, n) => {
  const prices = [
    {amount: `${n}.10`, effective_from: '2024-01-01'},
    {amount: `${n}.20`},
    {amount: `${n}.30`, currency: 'EUR', effective_from: '2999-01-01'},
  ]
  const stock = [undefined, 0, n, {default: n, shelf: 5}, {shelf: 7}][n % 5]
  const id = n % 4 === 0 ? undefined : fewProducts + 100 - n
  const numbered = n % 6 === 5 ? prices.map((price, index) => ({...price, id: 3 * n + index})) : prices
  return record('product', {id, name: `Rice ${n}`, enabled: n % 7 !== 0, stock, prices: numbered})
})

const others = [
  record('pool', {name: 'cellar'}),
  record('user', {username: 'anna', password_hash: '!'}),
  record('order', {
    id: 5,
    user: 'anna',
    created_at: '2024-02-02',
    lines: [
      {product: 'Rice 4', quantity: 2, price: '1.00'},
      ...[1, 390].map((product) => ({product, quantity: 1, price: '2.00'})),
    ],
  }),
]

/** The shop's rows without the ids and times that loading gave them. */
async function seen(db: Knex): Promise<string[]> {
  const queries = {
    products: 'select name, enabled from products order by name',
    prices: `
      select name, currency, amount, case when effective_from <> created_at then effective_from end as time
      from product_prices join products on products.id = product_id
      order by name, currency, effective_from, product_prices.id`,
    stock: `
      select products.name, stock_pools.name as pool, on_hand, reserved, delta, reason
      from stock_levels
      join products on products.id = product_id
      join stock_pools on stock_pools.id = pool_id
      left join stock_movements using (product_id, pool_id)
      order by products.name, pool_id`,
    lines: `
      select order_id, position, name, unit_price, quantity
      from order_lines join products on products.id = product_id
      order by order_id, position`,
    listings: 'select name, currency, amount from listings order by name, currency',
    due: `
      select name, due_at from listing_refreshes join products on products.id = product_id
      where due_at > now()
      order by name, due_at`,
  }
  const all: string[] = []
  for (const [what, sql] of Object.entries(queries)) {
    const {rows} = await db.raw<{rows: {name: string}[]}>(sql)
    all.push(...rows.filter(({name}) => name !== oldProduct).map((row) => `${what} ${JSON.stringify(row)}`))
  }
  return all
}

const oldProduct = 'Old'

async function constraintsAndIndexes(db: Knex): Promise<string[]> {
  const {rows} = await db.raw<{rows: {definition: string}[]}>(
    `select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as definition
     from pg_constraint
     where connamespace = 'public'::regnamespace and convalidated
     union all
     select indexdef from pg_indexes where schemaname = 'public'
     order by definition`,
  )
  return rows.map(({definition}) => definition)
}

/** Whether a load drops the indexes of the products and creates them again. */
async function rebuildsIndexes(db: Knex, load: () => Promise<unknown>): Promise<boolean> {
  const readOid = async () => db.raw<{rows: unknown[]}>(`select 'products_name_test'::regclass::oid as oid`)
  await db.raw('create index if not exists products_name_test on products (name)')
  const before = await readOid()
  await load()
  const after = await readOid()
  return !isDeepStrictEqual(before.rows, after.rows)
}

test('a large first load leaves the same shop as the same load beside a product that exists', async (t) => {
  const [first, second] = [await createDatabase(t), await createDatabase(t)]
  await addProduct(second.db, {id: 900_000, name: oldProduct, stock: 0, price: null})
  const lines = [...plainProducts, ...variedProducts, ...others]
  const before = await constraintsAndIndexes(second.db)

  let result: LoadResult | undefined
  t.true(
    await rebuildsIndexes(first.db, async () => {
      result = await loadLines(first.db, lines)
    }),
  )
  await first.db.raw('drop index products_name_test')

  t.is(result?.prices.loaded, fewProducts + 3 * variedProducts.length)
  t.deepEqual(await loadLines(second.db, lines), result)
  const [seenFirst, seenSecond] = [await seen(first.db), await seen(second.db)]
  t.true(seenFirst.length > 3 * fewProducts)
  t.deepEqual(seenFirst, seenSecond)
  t.deepEqual(await constraintsAndIndexes(first.db), before)
  t.deepEqual((await audit(first.db)).findings, [])
  t.is((await loadLines(first.db, lines)).products.existing, fewProducts + variedProducts.length)
})

test('one product fewer is not a first load, and neither is a load into a shop with products', async (t) => {
  const {db} = await createDatabase(t)
  t.false(await rebuildsIndexes(db, async () => loadLines(db, plainProducts.slice(1))))
  const moreProducts = plainProducts.map((line) => line.replaceAll('Tea', 'Coffee').replace('"id":', '"id":9000'))
  t.false(await rebuildsIndexes(db, async () => loadLines(db, moreProducts)))
  t.is((await db('products')).length, 2 * fewProducts - 1)
})

test('without a threshold, a first load is one of 50,000 products', async (t) => {
  const {db} = await createDatabase(t)
  const lines = Array.from({length: manyProducts}, (_, n) => `${n + 1},Tea ${n + 1},1.00,${n % 3}`)
  const csv = ['id,name,price,stock', ...lines].join('\n')

  t.is(manyProducts, 50_000)
  t.true(await rebuildsIndexes(db, async () => loadFixture(db, cheapBcrypt, csv, {currency: 'USD'})))
  t.deepEqual((await audit(db)).findings, [])
})

test('a large first load with a mistake in its last line leaves nothing', async (t) => {
  const {db} = await createDatabase(t)
  const before = await contents(db)

  const lines = [...plainProducts, ...variedProducts, record('product', {id: fewProducts + 99, name: 'Twice'})]
  const error = await t.throwsAsync(loadLines(db, lines), {instanceOf: InvalidFixtureError})

  t.is(error.problems[0]?.reason, `has the same id as line ${fewProducts + 2}`)
  t.deepEqual(await contents(db), before)
})

test('a large first load that fails while it writes leaves rows, constraints and indexes as they were', async (t) => {
  const {db} = await createDatabase(t)
  await db.raw('alter table orders add constraint orders_future check (created_at > now())')
  const before = [await contents(db), await constraintsAndIndexes(db)]

  const error = await t.throwsAsync(loadLines(db, [...plainProducts, ...variedProducts, ...others]), {
    instanceOf: InvalidFixtureError,
  })

  t.is(error.problems[0]?.record, 'orders')
  t.deepEqual([await contents(db), await constraintsAndIndexes(db)], before)
})

test('a first load does not begin while others create products or read, and keeps no lock then', async (t) => {
  const {db} = await createDatabase(t)
  const load = await db.transaction()
  const creation = await db.transaction()
  await creation('products').insert({name: 'Meanwhile'})
  t.is(await FirstLoad.begin(load), undefined)
  await creation.rollback()
  const reader = await db.transaction()
  await reader('stock_pools')
  t.is(await FirstLoad.begin(load), undefined)

  await db.transaction(async (trx) => {
    await trx.raw('lock table products, stock_levels, orders in access exclusive mode nowait')
    t.true(await tryToLockListings(trx))
  })
  await reader.commit()
  t.true((await FirstLoad.begin(load)) instanceof FirstLoad)
  t.is(await db.transaction(async (trx) => FirstLoad.begin(trx)), undefined)
  await load.rollback()
  t.true((await addProduct(db)) > 0)
})

test('a first load that finds the tables in use continues like any other load', async (t) => {
  const {db} = await createDatabase(t)
  const reader = await db.transaction()
  await reader('products')

  const isFirst = await rebuildsIndexes(db, async () => loadLines(db, plainProducts))

  await reader.commit()
  t.false(isFirst)
  t.is((await db('products')).length, fewProducts)
  t.deepEqual((await audit(db)).findings, [])
})

test('a first load does not begin for a role that does not own the tables', async (t) => {
  const {db} = await createDatabase(t)
  const trx = await db.transaction()
  await trx.raw('create role loader; grant all on all tables in schema public to loader; set local role loader')
  t.is(await FirstLoad.begin(trx), undefined)
  await trx.rollback()
})

test('a reader of the catalogue waits for a first load without a deadlock', async (t) => {
  const {db} = await createDatabase(t)
  const load = await db.transaction()
  await deferListings(load)
  const firstLoad = await FirstLoad.begin(load)
  const reading = listProducts(db, {page: 1, pageSize: 20, currency: 'USD'})
  await untilWaiting(db)

  await firstLoad?.end(load)
  // As loadListings does for many products.
  await load.raw('lock table listings')
  await load.commit()

  t.true(firstLoad instanceof FirstLoad)
  t.like(await reading, {count: 0})
})

test('a dry run of a large first load reports the same, and locks and writes nothing', async (t) => {
  const {db} = await createDatabase(t)
  const reader = await db.transaction()
  await reader('products')

  const lines = [...plainProducts, ...variedProducts]
  const result = await loadLines(db, lines, {dryRun: true})

  t.is(result.prices.loaded, fewProducts + 3 * variedProducts.length)
  t.deepEqual(await db('product_prices'), [])
  await reader.commit()
})
