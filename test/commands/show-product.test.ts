import test, {type ExecutionContext} from 'ava'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {setPrice} from '../../src/services/products/prices.ts'
import {decideJobs, setItem} from '../helpers/baskets.ts'
import {Product} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addStock, addUser, usdOrder} from '../helpers/shop.ts'

async function setUp(t: ExecutionContext): Promise<string> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 6, name: 'Rice\u001b[2J', price: 1250, stock: 12})
  const {id: poolId} = await createPool(db, 'east')
  await addStock(db, {productId: 6, poolId, quantity: 3})
  await setPrice(db, {productId: 6, currency: 'JPY', amount: 150})
  await setPrice(db, {productId: 6, currency: 'USD', amount: 99, effectiveFrom: '2999-01-01T00:00:00Z'})
  await placeOrder(db, usdOrder(await addUser(db, 'matt'), [{productId: 6, quantity: 2}]))
  const anna = await addUser(db, 'anna')
  await decideJobs(db, [setItem(anna, 6, 11)])
  await db('stock_reservations').update({expires_at: '2026-04-18T19:07:52Z'})
  await db('stock_reservations').where({pool_id: poolId}).update({expires_at: '2026-04-18T19:07:51Z'})
  return url
}

test('shows the current prices, the stock by pool and the latest movements', async (t) => {
  const url = await setUp(t)

  const {exitCode, stdout, stderr} = await runShop(['show-product', '6'], {env: {DATABASE_URL: url}})

  t.deepEqual([exitCode, stderr], [0, ''])
  const lines = stdout.replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, 'time').split('\n')
  t.deepEqual(
    lines.filter((line) => !/^[┌├└]/.test(line)),
    [
      'Product 6, Rice\\u001b[2J, created time UTC: enabled.',
      '│ Currency │ Current price │ Since (UTC)         │',
      '│ JPY      │           150 │ time │',
      '│ USD      │         12.50 │ time │',
      '│ Pool    │ On hand │ Held │ Free │ Next expiry (UTC)   │',
      '│ default │      10 │   10 │    0 │ time │',
      '│ east    │       3 │    1 │    2 │ time │',
      '│ Moved (UTC)         │ Pool    │ Reason │ Order │ Stock │ By │',
      '│ time │ default │ order  │     1 │    -2 │    │',
      '│ time │ east    │ load   │       │    +3 │    │',
      '│ time │ default │ load   │       │   +12 │    │',
      '',
    ],
  )
})

test('--json has the same facts', async (t) => {
  const url = await setUp(t)

  const {exitCode, stdout} = await runShop(['show-product', '6', '--json'], {env: {DATABASE_URL: url}})

  t.is(exitCode, 0)
  const {prices, stock_movements: movements, created_at: createdAt, ...product} = Product.parse(JSON.parse(stdout))
  t.deepEqual(product, {
    id: 6,
    name: 'Rice\u001b[2J',
    sku: null,
    enabled: true,
    max_per_order: null,
    stock: [
      {pool: 'default', on_hand: 10, reserved: 10, free: 0, next_expiry: '2026-04-18T19:07:52.000000Z'},
      {pool: 'east', on_hand: 3, reserved: 1, free: 2, next_expiry: '2026-04-18T19:07:51.000000Z'},
    ],
  })
  t.regex(createdAt, /^\d{4}-\d\d-\d\dT.*Z$/)
  t.is(prices.length, 2)
  t.like(prices[0], {price: '150', currency: 'JPY', status: 'current'})
  t.like(prices[1], {price: '12.50', currency: 'USD', status: 'current'})
  t.is(movements.length, 3)
  t.like(movements[0], {pool: 'default', delta: -2, reason: 'order', order_id: 1})
})

test('a disabled product without prices and stock has no tables', async (t) => {
  const {db, url} = await createDatabase(t)
  await db('products').insert({name: 'Tea', enabled: false, created_at: '2026-04-18T19:07:52Z'})

  const run = await runShop(['show-product', '1'], {env: {DATABASE_URL: url}})

  const says = 'Product 1, Tea, created 2026-04-18 19:07:52 UTC: disabled.\n'
  t.deepEqual(run, {exitCode: 0, stdout: says, stderr: ''})
})

test('an unknown product is refused; a missing one is wrong usage', async (t) => {
  const {url} = await createDatabase(t)

  const unknown = await runShop(['show-product', '7'], {env: {DATABASE_URL: url}})
  const json = await runShop(['show-product', '7', '--json'], {env: {DATABASE_URL: url}})
  const none = await runShop(['show-product'], {input: '7\n'})

  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /^Error: There is no product 7\./)
  t.is(JSON.parse(json.stdout).error.code, 'unknown_product')
  t.is(none.exitCode, 2)
  t.regex(none.stderr, /PRODUCT/)
})
