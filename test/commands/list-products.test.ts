import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {adjustStock} from '../../src/services/stock/adjust.ts'
import {ProductCursorPage, ProductPage} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

test('shows a table of the products in stock, with numbers aligned right, and how to get the next page', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 7, name: 'Rice', stock: 12, price: 5000})
  await addProduct(db, {id: 123, name: 'Green tea', stock: 3, price: 99})
  await addProduct(db, {name: 'Salt', stock: 0})

  const all = await runShop(['list-products'], {env: {DATABASE_URL: url}})
  const first = await runShop(['list-products', '--page-size', '1'], {env: {DATABASE_URL: url}})

  t.is(all.exitCode, 0)
  t.deepEqual(all.stdout.split('\n').slice(1, -2), [
    '│  ID │ Product   │ In stock │   USD │',
    '├─────┼───────────┼──────────┼───────┤',
    '│ 123 │ Green tea │        3 │  0.99 │',
    '│   7 │ Rice      │       12 │ 50.00 │',
  ])
  t.is(all.stderr, 'Page 1 of 1, 2 products.\n')
  t.is(first.stderr, 'Page 1 of 2, 2 products. Next: --page 2\n')
})

test('--json has page numbers, and the products as over HTTP with their state', async (t) => {
  const {db, url} = await createDatabase(t)
  for (let id = 1; id <= 41; id++) await addProduct(db, {id, name: `Product ${String(id).padStart(2, '0')}`})
  const list = async (...args: string[]) => {
    const {stdout} = await runShop(['list-products', '--json', ...args], {env: {DATABASE_URL: url}})
    return ProductPage.parse(JSON.parse(stdout))
  }

  const [first, last] = [await list(), await list('--page', 'last')]

  t.deepEqual([first.count, first.page, first.page_count, first.results.length], [41, 1, 3, 20])
  t.deepEqual(first.results[0], {
    ...{id: 1, name: 'Product 01', quantity_in_stock: 10, price: '10.00', currency: 'USD'},
    ...{enabled: true, obstacles: []},
  })
  t.deepEqual([last.page, last.results.length], [3, 1])
})

test('control characters in a name do not reach the terminal', async (t) => {
  const {db, url} = await createDatabase(t)
  const name = 'Rice\u001b[2J\r\u009b31m\nx'
  await addProduct(db, {name})

  const table = await runShop(['list-products'], {env: {DATABASE_URL: url}})
  const json = await runShop(['list-products', '--json'], {env: {DATABASE_URL: url}})

  t.true(table.stdout.includes('Rice\\u001b[2J\\u000d\\u009b31m\\u000ax'))
  t.false(json.stdout.includes('\u009b'))
  t.is(JSON.parse(json.stdout).results[0].name, name)
})

/** Each product but the first cannot be ordered, for reasons of its own. */
async function createMixedShop(t: ExecutionContext): Promise<{db: Knex; env: Record<string, string>}> {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {id: 1, name: 'Brown rice', price: 300})
  await addProduct(db, {id: 2, name: 'Rice', enabled: false, price: 100})
  await addProduct(db, {id: 3, name: 'Salt', stock: 0, price: 200})
  await addProduct(db, {id: 4, name: 'Tea', price: null})
  await addProduct(db, {id: 5, name: 'Ríce cake', enabled: false, stock: 0, price: null})
  return {db, env: {DATABASE_URL: url}}
}

test('--all lists every product, and says why it is not for sale', async (t) => {
  const {db, env} = await createMixedShop(t)

  const table = await runShop(['list-products', '--all'], {env})
  const json = await runShop(['list-products', '--all', '--json'], {env})

  t.deepEqual(
    table.stdout.split('\n').filter((line) => line.startsWith('│')),
    [
      '│ ID │ Product    │ In stock │  USD │ Not for sale                 │',
      '│  1 │ Brown rice │       10 │ 3.00 │                              │',
      '│  2 │ Rice       │       10 │ 1.00 │ disabled                     │',
      '│  5 │ Ríce cake  │        0 │      │ disabled, sold out, no price │',
      '│  3 │ Salt       │        0 │ 2.00 │ sold out                     │',
      '│  4 │ Tea        │       10 │      │ no price                     │',
    ],
  )
  t.is(table.stderr, 'Page 1 of 1, 5 products.\n')
  const {results} = ProductPage.parse(JSON.parse(json.stdout))
  t.deepEqual(
    results.map(({id, obstacles}) => [id, obstacles]),
    [
      [1, []],
      [2, ['disabled']],
      [5, ['disabled', 'sold_out', 'no_price']],
      [3, ['sold_out']],
      [4, ['no_price']],
    ],
  )

  await adjustStock(db, {productId: 3, pool: 'default', change: {to: 7}})
  const filled = await runShop(['list-products', '--all', '--search', 'salt', '--json'], {env})
  t.like(ProductPage.parse(JSON.parse(filled.stdout)).results, [{id: 3, quantity_in_stock: 7, obstacles: []}])
})

test('--all searches and sorts as the list of offers does, in pages from either end', async (t) => {
  const {env} = await createMixedShop(t)
  const ids = async (...args: string[]) => {
    const {stdout} = await runShop(['list-products', '--all', '--json', ...args], {env})
    return ProductPage.parse(JSON.parse(stdout)).results.map(({id}) => id)
  }

  t.deepEqual(await ids('--search', 'RICE'), [2, 5, 1])
  t.deepEqual(await ids('--search', 'ri ca'), [5])
  t.deepEqual(await ids('--ordering=-id', '--page-size', '2', '--page', '2'), [3, 2])
  t.deepEqual(await ids('--ordering', 'price'), [2, 3, 1, 4, 5])
  t.deepEqual(await ids('--ordering=-price'), [1, 3, 2, 5, 4])
  t.deepEqual(await ids('--ordering=price', '--page-size', '2', '--page', 'last'), [5])
  t.deepEqual(await ids('--page-size', '2', '--page', '2'), [5, 3])
  t.deepEqual(await ids('--search', '100%'), [])
})

test('an empty list says why', async (t) => {
  const {db, env} = await createMixedShop(t)

  const yen = await runShop(['list-products', '--currency', 'JPY'], {env})
  const walked = await runShop(['list-products', '--currency', 'JPY', '--cursor', ''], {env})
  await db('products').update({enabled: false})
  const none = await runShop(['list-products'], {env})

  t.deepEqual(yen, {
    exitCode: 0,
    stdout: '',
    stderr: 'None has a price in JPY. To set one, run: shop set-price PRODUCT AMOUNT --currency JPY\n',
  })
  t.deepEqual(walked, yen)
  t.is(none.stderr, 'No products. To include those that cannot be ordered, pass --all.\n')
})

test('an empty shop gets a note and no table', async (t) => {
  const {url} = await createDatabase(t)

  const run = await runShop(['list-products'], {env: {DATABASE_URL: url}})

  t.deepEqual(run, {exitCode: 0, stdout: '', stderr: 'No products.\n'})
})

test('prices are in the given currency', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db, {name: 'Rice'})
  await db('product_prices').insert({product_id: productId, currency: 'JPY', amount: 1500})
  const list = async (args: string[], env = {}) => {
    const {stdout} = await runShop(['list-products', '--json', ...args], {env: {DATABASE_URL: url, ...env}})
    const page = ProductPage.parse(JSON.parse(stdout))
    return page.results.map(({price, currency}) => `${price} ${currency}`)
  }

  t.deepEqual(await list(['--currency', 'jpy']), ['1500 JPY'])
  t.deepEqual(await list([], {SHOP_CURRENCY: 'JPY'}), ['1500 JPY'])
  t.deepEqual(await list(['--currency', 'EUR'], {SHOP_CURRENCY: 'JPY'}), [])
})

test('--search, --ordering and --cursor give the same products as over HTTP', async (t) => {
  const {db, url} = await createDatabase(t)
  for (const [id, name] of ['Brown rice', 'Rice', 'Tea', 'Rice cake'].entries())
    await addProduct(db, {id: id + 1, name})
  const run = async (...args: string[]) => runShop(['list-products', ...args], {env: {DATABASE_URL: url}})
  const list = async (...args: string[]) => ProductPage.parse(JSON.parse((await run('--json', ...args)).stdout))

  const found = await list('--search', 'rice', '--page-size', '2')
  t.deepEqual([found.count, found.results.map(({name}) => name)], [3, ['Rice', 'Rice cake']])
  t.deepEqual(
    (await list('--ordering=-id')).results.map(({id}) => id),
    [4, 3, 2, 1],
  )

  const first = await run('--cursor', '', '--search', 'rice', '--page-size', '2', '--json')
  const {next} = ProductCursorPage.parse(JSON.parse(first.stdout))
  const second = await run('--cursor', next ?? '')
  t.regex(second.stdout, /Brown rice/)
  t.is(second.stderr, '3 products.\n')
  t.is(
    (await run('--cursor', '', '--page-size', '3')).stderr.replace(/[\w-]{40,}/, 'CURSOR'),
    '4 products. Next: --cursor CURSOR\n',
  )
  t.regex((await run('--cursor', 'x')).stderr, /^Error: This cursor is not valid/)
})

test('a page beyond the last one is refused, with the number of pages', async (t) => {
  const {url} = await createDatabase(t)

  const text = await runShop(['list-products', '--page', '2'], {env: {DATABASE_URL: url}})
  const json = await runShop(['list-products', '--page', '2', '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual(text, {exitCode: 1, stdout: '', stderr: 'Error: Invalid page.\nThere is one page.\n'})
  t.is(json.exitCode, 1)
  t.deepEqual(JSON.parse(json.stdout), {error: {code: 'invalid_page', message: 'Invalid page.', page_count: 1}})
})

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['list-products', ...args])

    t.is(run.exitCode, 2)
    t.regex(run.stderr, message)
  },
  title: (_, args) => `${args.join(' ')} is wrong usage`,
})

test(
  isWrongUsage,
  ['--page', '0'],
  /^Error: --page: "0" is not a valid page\. Use a positive whole number or "last"\.\n$/,
)
test(isWrongUsage, ['--page', 'x'], /is not a valid page/)
test(isWrongUsage, ['--page', '99999999999999999999'], /is not a valid page/)
test(isWrongUsage, ['--page-size', '101'], /^Error: --page-size must be a whole number from 1 to 100, not "101"\.\n$/)
test(isWrongUsage, ['--page-size', '0'], /--page-size must be a whole number from 1 to 100/)
test(isWrongUsage, ['--currency', 'dollars'], /ISO 4217/)
test(isWrongUsage, ['--ordering', 'colour'], /must be one of/)
test(isWrongUsage, ['--search', 'x'.repeat(201)], /--search must have at most 200 characters, not 201\./)
test(isWrongUsage, ['--cursor', '', '--page', '2'], /cannot be used with/)
test(isWrongUsage, ['--cursor', '', '--all'], /cannot be used with/)
test(isWrongUsage, ['--color'], /There is no flag/)
test(isWrongUsage, ['rice'], /rice/)

test('with --json, wrong usage is an error object and also exits with 2', async (t) => {
  const run = await runShop(['list-products', '--page', 'x', '--json'])

  t.is(run.exitCode, 2)
  t.is(JSON.parse(run.stdout).error.code, 'wrong_usage')
})
