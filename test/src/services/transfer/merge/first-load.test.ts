import bcrypt from 'bcryptjs'
import test from 'ava'
import type {Knex} from 'knex'

import {advisoryLock} from '../../../../../src/db/locks.ts'
import {InvalidFixtureError} from '../../../../../src/errors.ts'
import {audit} from '../../../../../src/services/audit.ts'
import {FirstLoad, manyProducts} from '../../../../../src/services/transfer/merge/first-load.ts'
import {loadFixture, type LoadResult} from '../../../../../src/services/transfer/load.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {contents} from '../../../../helpers/fixtures.ts'
import {addProduct} from '../../../../helpers/shop.ts'

/** One record a line, in pieces, so that a large first load begins amid them. */
async function loadLines(db: Knex, lines: string[], options: {dryRun?: boolean} = {}): Promise<LoadResult> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < lines.length; at += 1000) {
      yield await Promise.resolve(Buffer.from(`${lines.slice(at, at + 1000).join('\n')}\n`))
    }
  }
  return loadFixture(db, bcrypt, pieces(), {currency: 'USD', ...options})
}

const record = (kind: string, value: object): string => JSON.stringify({[kind]: value})

const plainProducts = Array.from({length: manyProducts}, (_, n) =>
  record('product', {id: n + 1, name: `Tea ${n + 1}`, price: '1.00', stock: n % 3}),
)

/** Behind so many plain products: with and without ids, times, currencies, pools, and orders that refer to them. */
const variedProducts = Array.from({length: 60}, (_, n) => {
  const prices = [
    {amount: `${n}.10`, effective_from: '2024-01-01'},
    {amount: `${n}.20`},
    {amount: `${n}.30`, currency: 'EUR', effective_from: '2999-01-01'},
  ]
  const stock = [undefined, 0, n, {default: n, shelf: 5}, {shelf: 7}][n % 5]
  const id = n % 4 === 0 ? undefined : manyProducts + 100 - n
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
      ...[1, 50_090].map((product) => ({product, quantity: 1, price: '2.00'})),
    ],
  }),
]

/** What a shop is to those who see it: rows without the numbers and times that loading gave them. */
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

test('a large first load leaves what the same load into a shop with a product does', async (t) => {
  const [first, second] = [await createDatabase(t), await createDatabase(t)]
  await addProduct(second.db, {id: 900_000, name: oldProduct, stock: 0, price: null})
  const lines = [...plainProducts, ...variedProducts, ...others]

  const result = await loadLines(first.db, lines)

  t.is(result.prices.loaded, manyProducts + 3 * variedProducts.length)
  t.deepEqual(await loadLines(second.db, lines), result)
  const [seenFirst, seenSecond] = [await seen(first.db), await seen(second.db)]
  t.true(seenFirst.length > 3 * manyProducts)
  t.deepEqual(
    seenFirst.filter((row, index) => row !== seenSecond[index]),
    seenSecond.filter((row, index) => row !== seenFirst[index]),
  )
  t.deepEqual((await audit(first.db)).findings, [])
  t.is((await loadLines(first.db, lines)).products.existing, manyProducts + variedProducts.length)
})

test('a large first load with a mistake in its last line leaves nothing', async (t) => {
  const {db} = await createDatabase(t)
  const before = await contents(db)

  const lines = [...plainProducts, ...variedProducts, record('product', {id: manyProducts + 99, name: 'Twice'})]
  const error = await t.throwsAsync(loadLines(db, lines), {instanceOf: InvalidFixtureError})

  t.is(error.problems[0]?.reason, `has the id of line ${manyProducts + 2}; it must be its own`)
  t.deepEqual(await contents(db), before)
})

test('a first load waits for nobody, keeps what is created meanwhile, and locks nothing where it is none', async (t) => {
  const {db} = await createDatabase(t)
  const creation = await db.transaction()
  await creation('products').insert({name: 'Meanwhile'})
  const load = await db.transaction()

  t.is(await FirstLoad.begin(load), 'notYet')
  await creation.commit()
  t.is(await FirstLoad.begin(load), 'never')

  await db.transaction(async (trx) => {
    await trx.raw('lock table products, stock_levels, orders in access exclusive mode nowait')
    await trx.raw('select pg_advisory_xact_lock(?)', [advisoryLock.load])
  })
  await load.commit()
  t.deepEqual(await db('products').pluck('name'), ['Meanwhile'])
})

test('a first load that finds the tables in use begins once they are not', async (t) => {
  const {db} = await createDatabase(t)
  const reader = await db.transaction()
  await reader('stock_pools')
  const load = await db.transaction()

  t.is(await FirstLoad.begin(load), 'notYet')
  await reader.commit()
  t.true((await FirstLoad.begin(load)) instanceof FirstLoad)
  t.is(await db.transaction(async (trx) => FirstLoad.begin(trx)), 'notYet')
  await load.rollback()
  t.true((await addProduct(db)) > 0)
})

test('a dry run of a large first load tells the same, and locks and writes nothing', async (t) => {
  const {db} = await createDatabase(t)
  const reader = await db.transaction()
  await reader('products')

  const lines = [...plainProducts, ...variedProducts]
  const result = await loadLines(db, lines, {dryRun: true})

  t.is(result.prices.loaded, manyProducts + 3 * variedProducts.length)
  t.deepEqual(await db('product_prices'), [])
  await reader.commit()
})
