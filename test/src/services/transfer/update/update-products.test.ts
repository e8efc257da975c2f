import {gzipSync} from 'node:zlib'

import test from 'ava'
import type {Knex} from 'knex'

import {query} from '../../../../../src/db/query.ts'
import {InvalidUpdateError, UnknownPoolError} from '../../../../../src/errors.ts'
import {audit} from '../../../../../src/services/audit.ts'
import {listProducts} from '../../../../../src/services/catalogue/list.ts'
import {placeOrder} from '../../../../../src/services/checkout/place-order.ts'
import {deleteProduct} from '../../../../../src/services/products/delete-product.ts'
import {setPrice} from '../../../../../src/services/products/prices.ts'
import {adjustStock} from '../../../../../src/services/stock/adjust.ts'
import {createPool} from '../../../../../src/services/stock/pools.ts'
import {
  updateProducts,
  type UpdateOptions,
  type UpdateResult,
} from '../../../../../src/services/transfer/update/update-products.ts'
import {decideJobs, setItem} from '../../../../helpers/baskets.ts'
import {createDatabase} from '../../../../helpers/database.ts'
import {contents} from '../../../../helpers/fixtures.ts'
import {addProduct, addUser, usdOrder} from '../../../../helpers/shop.ts'
import {until} from '../../../../helpers/until.ts'

async function update(db: Knex, csv: Buffer | string, options: Partial<UpdateOptions> = {}): Promise<UpdateResult> {
  return updateProducts(db, csv, {currency: 'USD', ...options})
}

test('changes what the columns say, through the ledger and the history, and the lists follow', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10, price: 1000})
  await addProduct(db, {id: 7, name: 'Tea', stock: 5, price: 300})
  await createPool(db, 'East side')
  await listProducts(db, {currency: 'USD', page: 1, pageSize: 9})
  const csv =
    'id;name;sku;max_per_order;enabled;price;Price:jpy;stock;stock: East side\n' +
    '6;Basmati;B-1;3;;12,50;150;4;2\n' +
    '7;;;;no;;;;\n'
  const operator = {name: 'anna', note: 'autumn'}

  const result = await update(db, gzipSync(csv), {operator})

  t.like(result, {by: 'id', isApplied: true, lines: 2, changed: 2, names: 1, skus: 1, enabled: 1, limits: 1})
  t.like(result, {prices: 2, levels: 2})
  t.deepEqual(await db('products').orderBy('id').select('name', 'sku', 'enabled', 'max_per_order'), [
    {name: 'Basmati', sku: 'B-1', enabled: true, max_per_order: 3},
    {name: 'Tea', sku: null, enabled: false, max_per_order: null},
  ])
  const by = {operator: 'anna', note: 'autumn'}
  t.deepEqual(
    await db('product_prices')
      .whereNotNull('operator')
      .orderBy('currency')
      .select('currency', 'amount', 'operator', 'note'),
    [
      {currency: 'JPY', amount: 150, ...by},
      {currency: 'USD', amount: 1250, ...by},
    ],
  )
  t.deepEqual(
    await db('stock_movements').where({reason: 'adjust'}).orderBy('pool_id').select('delta', 'operator', 'note'),
    [
      {delta: -6, ...by},
      {delta: 2, ...by},
    ],
  )
  t.is((await db('listing_refreshes')).length, 0)
  const listed = await listProducts(db, {currency: 'USD', page: 1, pageSize: 9})
  t.deepEqual(listed.results, [{id: 6, name: 'Basmati', quantityInStock: 6, price: 1250, currency: 'USD'}])
  t.is((await listProducts(db, {currency: 'JPY', page: 1, pageSize: 9})).count, 1)
  t.deepEqual((await audit(db)).findings, [])
})

test('what agrees already changes nothing, and an empty field neither', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10, price: 1000})
  await setPrice(db, {productId: 6, currency: 'USD', amount: 900, effectiveFrom: '2999-01-01T00:00:00Z'})
  await createPool(db, 'east')
  const before = await contents(db)

  const csv = 'name,id,price,stock,stock:east,enabled,max_per_order\nRice,6,10.00,10,0,yes,none\n'
  t.like(await update(db, csv), {changed: 0, isApplied: false})
  t.like(await update(db, 'id,price,stock\n6,,\n'), {lines: 1, changed: 0})
  t.like(await update(db, 'id,price,effective_from\n6,9,2999-06-01\n'), {changed: 0})

  t.deepEqual(await contents(db), before)
})

test('a price may take effect later, and a limit be lifted', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', price: 1000})
  await db('products').update({max_per_order: 2})

  t.like(await update(db, 'id,price,effective_from,max_per_order\n6,9,2999-06-01,none\n'), {prices: 1, limits: 1})

  t.deepEqual(await db('products').pluck('max_per_order'), [null])
  t.deepEqual(await db('product_prices').orderBy('id').pluck('amount'), [1000, 900])
  t.like((await listProducts(db, {currency: 'USD', page: 1, pageSize: 9})).results[0], {price: 1000})
  t.deepEqual((await audit(db)).findings, [])
})

test('products exchange their SKUs', async (t) => {
  const {db} = await createDatabase(t)
  const skus = {Rice: 'A', Tea: 'B', Salt: 'C'}
  for (const [name, sku] of Object.entries(skus)) {
    await addProduct(db, {name})
    await db('products').where({name}).update({sku})
  }

  await update(db, 'name,sku\nRice,B\nTea,C\nSalt,A\n', {by: 'name'})

  t.deepEqual(await db('products').orderBy('id').pluck('sku'), ['B', 'C', 'A'])
})

const isRefused = test.macro<[csv: string, problems: string[], options?: Partial<UpdateOptions>]>({
  async exec(t, csv, problems, options) {
    const {db} = await createDatabase(t)
    await addProduct(db, {id: 6, name: 'Rice', stock: 10})
    await db('products').update({sku: 'R'})
    for (const id of [7, 8]) await addProduct(db, {id, name: 'Tea', stock: 10})
    await decideJobs(db, [setItem(await addUser(db), 7, 4)])
    const before = await contents(db)

    const error = await t.throwsAsync(update(db, csv, options), {instanceOf: InvalidUpdateError})

    t.deepEqual(
      error.problems.map(({record, reason}) => `${record}: ${reason}`),
      problems,
    )
    t.is(error.count, problems.length)
    t.deepEqual(await contents(db), before)
  },
  title: (_, csv) => `is refused: ${JSON.stringify(csv).slice(0, 70)}`,
})

test(isRefused, 'id,stock,price\n6,1,2\n9,1,2\n6,5,3\n7,x,1\n8,1,-1\n,1,1\n', [
  'line 3: there is no product 9',
  'line 4: is about product 6, as is line 2',
  'line 5: stock must be a whole number from 0 to 1000000000000, not "x"',
  'line 6: price must be an amount in USD with at most 2 decimals, such as "12.34", not "-1"',
  'line 7: id is missing; it tells which product the line is about',
])
test(isRefused, `id,stock\n6,1000000000001\n7,${'9'.repeat(20)}\n`, [
  'line 2: stock must be a whole number from 0 to 1000000000000, not 1000000000001',
  'line 3: stock must be a whole number from 0 to 1000000000000, not 100000000000000000000',
])
test(isRefused, 'name,stock\nTea,1\nRice,1\nCoffee,1\n', [
  'line 2: the shop has 2 products named "Tea" (7, 8); use their ids',
  'line 4: there is no product named "Coffee"',
])
test(
  isRefused,
  'sku,id,stock\nR,7,1\nX,,1\n',
  ['line 2: has the id 7, but the shop has this product with id 6', 'line 3: there is no product with SKU X'],
  {by: 'sku'},
)
test(isRefused, 'id,sku,name\n7,R,\n8,N,\n6,,New\n', ['line 2: SKU R belongs to product 6, "Rice"'])
test(isRefused, 'id,sku\n7,N\n8,N\n', ['line 3: gives the SKU N, as does line 2'])
test(isRefused, 'id,stock\n6,1\n7,3\n', [
  'line 3: the stock of pool default must be at least 4, which baskets hold, not 3',
])
test(isRefused, `id,name\n6,${'x'.repeat(201)}\n`, [
  `line 2: name must be text of 1 to 200 characters, not "${'x'.repeat(59)}...`,
])
test(isRefused, 'id,price,price:USD\n6,1,2\n', ['line 2: has two prices in USD'])
test(isRefused, 'id,prise\n6,1\n', [
  'line 1: the header has no column to change, has an unknown column "prise"; the columns are id, sku, name, enabled, max_per_order, currency, effective_from, price, stock, price:CURRENCY and stock:POOL',
])
test(isRefused, '{"products": []}', ['the file: is not CSV; products are updated from a CSV file with a header'])

test('names a thousand problems at most, and counts all of them', async (t) => {
  const {db} = await createDatabase(t)
  const lines = Array.from({length: 5000}, (_, n) => `${n + 1},1`)

  const error = await t.throwsAsync(update(db, `id,stock\n${lines.join('\n')}\n`), {instanceOf: InvalidUpdateError})

  t.is(error.problems.length, 1000)
  t.is(error.count, 5000)
  t.regex(error.message, /line 21: there is no product 20\n {2}\.\.\. and 4980 more$/)
})

test('a stock pool that does not exist is refused', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6})

  await t.throwsAsync(update(db, 'id,stock:east\n6,1\n'), {instanceOf: UnknownPoolError})
})

test('what was sold after the comparison stays sold, and what another command changed is compared again', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10})
  await addProduct(db, {id: 7, name: 'Tea', stock: 10})
  const anna = await addUser(db)
  // The transaction waits for this product, after it has compared, and goes on when both have changed.
  const other = await db.transaction()
  await other('products').where({id: 7}).forUpdate()

  const updating = update(db, 'id,stock\n6,40\n7,30\n')
  await until(async () => (await waiting(db)) === 1)
  await placeOrder(db, usdOrder(anna, [{productId: 6, quantity: 3}]))
  await other('products').where({id: 7}).update({name: 'Mint tea'})
  await other.commit()
  await updating

  // The quantity of the file is that of the last comparison, which was after the order.
  t.deepEqual(await db('stock_levels').orderBy('product_id').pluck('on_hand'), [40, 30])
  t.deepEqual((await audit(db)).findings, [])
})

test('a product that is deleted after the comparison is a problem of its line', async (t) => {
  const {db} = await createDatabase(t)
  for (const id of [6, 7]) await addProduct(db, {id, stock: 0})

  const updating = update(db, 'id,name,price,stock\n6,Rice,2,1\n7,Tea,3,1\n', {
    review: async () => {
      await deleteProduct(db, 6)
      return true
    },
  })

  const {problems} = await t.throwsAsync(updating, {instanceOf: InvalidUpdateError})
  t.deepEqual(problems, [{record: 'line 2', reason: 'product 6 has been deleted'}])
  t.deepEqual(await db('product_prices').pluck('amount'), [1000])
})

test('orders of a product go on until the last part, and are subtracted from its new stock', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10})
  await addProduct(db, {id: 7, name: 'Tea', stock: 10})
  const anna = await addUser(db)
  // The levels are locked in their order, so the update waits for this one with its comparison done.
  const other = await db.transaction()
  await other('stock_levels').where({product_id: 6}).forUpdate()
  const updating = update(db, 'id,stock,name\n6,40,Basmati\n7,30,\n')
  await until(async () => (await waiting(db)) === 1)

  await placeOrder(db, usdOrder(anna, [{productId: 7, quantity: 3}]))
  const adjusting = adjustStock(db, {productId: 7, pool: 'default', change: {to: 100}})
  await until(async () => (await waiting(db)) === 2)
  await other.commit()
  await updating
  await adjusting

  t.deepEqual(await db('stock_movements').where({product_id: 7}).orderBy('id').select('delta', 'reason'), [
    {delta: 10, reason: 'load'},
    {delta: -3, reason: 'order'},
    {delta: 20, reason: 'adjust'},
    {delta: 73, reason: 'adjust'},
  ])
  t.deepEqual((await audit(db)).findings, [])
})

test('stock that was sold after the comparison cannot be taken out as well', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10})
  await addProduct(db, {id: 7, name: 'Tea', stock: 10})
  const anna = await addUser(db)
  const other = await db.transaction()
  await other('stock_levels').where({product_id: 6}).forUpdate()
  const updating = update(db, 'id,stock\n6,40\n7,2\n')
  await until(async () => (await waiting(db)) === 1)
  await placeOrder(db, usdOrder(anna, [{productId: 7, quantity: 9}]))
  await other.commit()

  const error = await t.throwsAsync(updating, {instanceOf: InvalidUpdateError})

  t.like(error.problems[0], {record: 'line 3'})
  t.regex(error.message, /must be at least 7 more, for what baskets hold and what was sold meanwhile/)
  t.deepEqual(await db('stock_levels').orderBy('product_id').pluck('on_hand'), [10, 1])
})

test('expired holds are not in the way', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10})
  await decideJobs(db, [setItem(await addUser(db), 6, 8)])
  await db('stock_reservations').update({expires_at: '2026-04-18T19:07:52Z'})

  await update(db, 'id,stock\n6,3\n')

  t.deepEqual(await db('stock_levels').select('on_hand', 'reserved'), [{on_hand: 3, reserved: 0}])
  t.deepEqual((await audit(db)).findings, [])
})

test('an update that is stopped changes nothing, whether it reads, asks or waits for a lock', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice', stock: 10})
  const before = await contents(db)
  const csv = 'id,stock\n6,3\n'

  const reading = new AbortController()
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(csv)
    reading.abort()
    await new Promise(() => undefined)
  }
  await t.throwsAsync(updateProducts(db, endless(), {currency: 'USD', signal: reading.signal}), {any: true})

  const asking = new AbortController()
  const review = async (): Promise<boolean> => {
    asking.abort()
    return Promise.resolve(true)
  }
  await t.throwsAsync(update(db, csv, {review, signal: asking.signal}), {any: true})

  const locking = new AbortController()
  const other = await db.transaction()
  await other('stock_levels').forUpdate()
  const updating = update(db, csv, {signal: locking.signal})
  await until(async () => (await waiting(db)) === 1)
  locking.abort()
  await t.throwsAsync(updating, {code: '57014'})
  await other.commit()

  t.deepEqual(await contents(db), before)
})

/** How many sessions wait for a lock. */
async function waiting(db: Knex): Promise<number> {
  const sql = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  return (await query(db, sql)).length
}
