import test from 'ava'

import type {PageJson} from '../../src/json/page.ts'
import type {ProductJson} from '../../src/json/product.ts'
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

test('--json is the same page as over HTTP', async (t) => {
  const {db, url} = await createDatabase(t)
  for (let id = 1; id <= 41; id++) await addProduct(db, {id, name: `Product ${String(id).padStart(2, '0')}`})
  const list = async (...args: string[]) => {
    const {stdout} = await runShop(['list-products', '--json', ...args], {env: {DATABASE_URL: url}})
    return JSON.parse(stdout) as PageJson<ProductJson>
  }

  const [first, second, last] = [await list(), await list('--page', '2'), await list('--page', 'last')]
  const small = await list('--page-size', '5', '--page', '3')

  t.deepEqual([first.count, first.next, first.previous], [41, '/products/list/?page=2', null])
  t.deepEqual(first.results[0], {id: 1, name: 'Product 01', quantity_in_stock: 10, price: '10.00', currency: 'USD'})
  t.is(first.results.length, 20)
  t.deepEqual([second.next, second.previous], ['/products/list/?page=3', '/products/list/'])
  t.deepEqual([last.next, last.previous, last.results.length], [null, '/products/list/?page=2', 1])
  t.is(small.next, '/products/list/?page=4&page_size=5')
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
    const page = JSON.parse(stdout) as PageJson<ProductJson>
    return page.results.map(({price, currency}) => `${price} ${currency}`)
  }

  t.deepEqual(await list(['--currency', 'jpy']), ['1500 JPY'])
  t.deepEqual(await list([], {SHOP_CURRENCY: 'JPY'}), ['1500 JPY'])
  t.deepEqual(await list(['--currency', 'EUR'], {SHOP_CURRENCY: 'JPY'}), [])
})

test('--search, --ordering and --cursor give the same pages as over HTTP', async (t) => {
  const {db, url} = await createDatabase(t)
  for (const [id, name] of ['Brown rice', 'Rice', 'Tea', 'Rice cake'].entries())
    await addProduct(db, {id: id + 1, name})
  const run = async (...args: string[]) => runShop(['list-products', ...args], {env: {DATABASE_URL: url}})
  const list = async (...args: string[]) => JSON.parse((await run('--json', ...args)).stdout) as PageJson<ProductJson>

  const found = await list('--search', 'rice', '--page-size', '2')
  t.deepEqual([found.count, found.results.map(({name}) => name)], [3, ['Rice', 'Rice cake']])
  t.is(found.next, '/products/list/?page=2&page_size=2&search=rice')
  t.deepEqual(
    (await list('--ordering=-id')).results.map(({id}) => id),
    [4, 3, 2, 1],
  )

  const first = await list('--cursor', '', '--search', 'rice', '--page-size', '2')
  t.regex(first.next ?? '', /^\/products\/list\/\?page_size=2&search=rice&cursor=[\w-]+$/)
  const cursor = new URLSearchParams(first.next?.split('?')[1]).get('cursor') ?? ''
  const second = await run('--cursor', cursor)
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
test(isWrongUsage, ['--ordering', 'colour'], /to be one of/)
test(isWrongUsage, ['--search', 'x'.repeat(201)], /--search must have at most 200 characters, not 201\./)
test(isWrongUsage, ['--cursor', '', '--page', '2'], /cannot also be provided/)
test(isWrongUsage, ['--color'], /Nonexistent flag/)
test(isWrongUsage, ['rice'], /rice/)

test('with --json, wrong usage is an error object and also exits with 2', async (t) => {
  const run = await runShop(['list-products', '--page', 'x', '--json'])

  t.is(run.exitCode, 2)
  t.is(JSON.parse(run.stdout).error.code, 'wrong_usage')
})
