import test from 'ava'

import {audit} from '../../src/services/audit.ts'
import {createPool} from '../../src/services/stock/pools.ts'
import {Product} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

test('creates a product that can be ordered', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}

  const run = await runShop(['create-product', ' Rice 1 kg ', '--price', '2.50', '--stock', '40'], {env})
  const listed = await runShop(['list-products', '--json'], {env})

  t.deepEqual(run, {exitCode: 0, stdout: 'Created product 1, Rice 1 kg.\n', stderr: ''})
  t.like(JSON.parse(listed.stdout).results, [{id: 1, name: 'Rice 1 kg', quantity_in_stock: 40, price: '2.50'}])
  t.deepEqual((await audit(db)).findings, [])
})

test('--json is the same as in show-product, with the given pool and currency', async (t) => {
  const {db, url} = await createDatabase(t)
  await createPool(db, 'east')
  const env = {DATABASE_URL: url, SHOP_OPERATOR: 'anna'}
  const flags = [
    '--reason',
    'new',
    '--price',
    '320',
    '--currency',
    'JPY',
    '--stock',
    '12',
    '--pool',
    'east',
    '--max-per-order',
    '3',
  ]

  const run = await runShop(['create-product', 'Tea', ...flags, '--disabled', '--json'], {env})
  const shown = await runShop(['show-product', '1', '--json'], {env})

  t.is(run.exitCode, 0)
  const {created_at: createdAt, prices, stock_movements: movements, ...product} = Product.parse(JSON.parse(run.stdout))
  const stock = [{pool: 'east', on_hand: 12, reserved: 0, free: 12, next_expiry: null}]
  t.deepEqual(product, {id: 1, name: 'Tea', sku: null, enabled: false, max_per_order: 3, stock})
  t.regex(createdAt, /^\d{4}-\d\d-\d\dT.*Z$/)
  t.is(prices.length, 1)
  t.like(prices[0], {price: '320', currency: 'JPY', status: 'current', operator: 'anna', note: 'new'})
  t.is(movements.length, 1)
  t.like(movements[0], {pool: 'east', delta: 12, reason: 'load', order_id: null, operator: 'anna', note: 'new'})
  t.deepEqual(JSON.parse(shown.stdout), JSON.parse(run.stdout))
})

test('warns of a name that exists, whatever its case and accents, and creates the product without a terminal', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  for (const name of ['Café', 'CAFE']) await addProduct(db, {name})

  const exact = await runShop(['create-product', 'Café', '--price', '1'], {env})
  const folded = await runShop(['create-product', 'cafe', '--price', '1', '--yes', '--json'], {env})

  t.deepEqual(exact, {
    exitCode: 0,
    stdout: 'Created product 3, Café.\n',
    stderr: 'Warning: The shop already has "Café" (1).\n',
  })
  t.is(folded.stderr, 'Warning: The shop already has "Café" (1), "CAFE" (2), "Café" (3).\n')
  t.is(Product.parse(JSON.parse(folded.stdout)).id, 4)
})

test('without --stock the product has none', async (t) => {
  const {db, url} = await createDatabase(t)

  const run = await runShop(['create-product', 'Rice', '--price', '2.50'], {env: {DATABASE_URL: url}})

  t.is(run.exitCode, 0)
  t.deepEqual(await db('stock_levels').pluck('on_hand'), [0])
})

const isRefused = test.macro<[string[], string, RegExp]>({
  async exec(t, args, code, message) {
    const {db, url} = await createDatabase(t)

    const text = await runShop(['create-product', ...args], {env: {DATABASE_URL: url}})
    const json = await runShop(['create-product', ...args, '--json'], {env: {DATABASE_URL: url}})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, code])
    t.deepEqual(await db('products'), [])
  },
  title: (_, args) => `create-product ${args.join(' ').slice(0, 40)} is refused`,
})

test(
  isRefused,
  ['Rice', '--price', '1', '--pool', 'west'],
  'unknown_pool',
  /no stock pool "west"\. Existing pools: default\./,
)
test(isRefused, [' ', '--price', '1'], 'invalid_product', /1 to 200 characters, not only spaces; this one has 0\./)
test(isRefused, ['x'.repeat(201), '--price', '1'], 'invalid_product', /this one has 201\./)

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['create-product', ...args], {input: 'Rice\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr.replaceAll(/\s+›?\s*/g, ' '), message)
  },
  title: (_, args) => `${['create-product', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, [], /Pass NAME and --price\./)
test(isWrongUsage, ['Rice'], /--price/)
test(isWrongUsage, ['--price', '1'], /NAME/)
test(isWrongUsage, ['Rice', '--price', 'x'], /"x" is not a valid amount/)
test(isWrongUsage, ['Rice', '--price', '1.234'], /too many decimals\. USD has 2/)
test(isWrongUsage, ['Rice', '--price=-1'], /"-1" is negative/)
for (const limit of ['0', '-1', '1.5', 'all', '9007199254740993']) {
  const says = new RegExp(`^Error: --max-per-order must be a positive whole number or "none", not "${limit}"`)
  test(isWrongUsage, ['Rice', '--price', '1', `--max-per-order=${limit}`], says)
}
test(isWrongUsage, ['Rice', '--price', '1', '--stock=-1'], /--stock must be a whole number from 0 to/)
test(
  isWrongUsage,
  ['Rice', '--price', '1', '--stock', '1000000000001'],
  /--stock must be a whole number from 0 to 1000000000000/,
)
