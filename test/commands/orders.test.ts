import test, {type ExecutionContext} from 'ava'

import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {type Result, runShop} from '../helpers/run.ts'
import {addProduct, addUser, stockOf} from '../helpers/shop.ts'

async function setUp(t: ExecutionContext) {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const productId = await addProduct(db, {name: 'Rice', stock: 12, price: 5000})
  const shop = async (...args: string[]): Promise<Result> => runShop(args, {env: {DATABASE_URL: url}})
  return {db, productId, shop}
}

test('products are listed, ordered, and in the history', async (t) => {
  const {db, productId, shop} = await setUp(t)

  const products = await shop('list-products')
  t.is(products.exitCode, 0)
  t.regex(products.stdout, new RegExp(`${productId} .*Rice.* 12 .* 50\\.00`))
  t.notRegex(products.stdout, /\u001b/)

  const placed = await shop('place-order', '--user', 'matt', '--item', `${productId}:3`)
  t.is(placed.exitCode, 0)
  t.regex(placed.stdout, /^Placed order \d+: 150\.00 USD$/m)
  t.is(await stockOf(db, productId), 9)

  const orders = await shop('list-orders', '--user', 'matt')
  t.regex(orders.stdout, /Rice x 3 @ 50\.00/)
  t.regex(orders.stdout, /150\.00 USD/)
})

test('--json gives what HTTP gives, and nothing else on stdout', async (t) => {
  const {productId, shop} = await setUp(t)

  const products = JSON.parse((await shop('list-products', '--json')).stdout)
  t.deepEqual(products, {
    count: 1,
    next: null,
    previous: null,
    results: [{id: productId, name: 'Rice', quantity_in_stock: 12, price: '50.00', currency: 'USD'}],
  })
  const placed = JSON.parse((await shop('place-order', '--user', 'matt', '--item', String(productId), '--json')).stdout)
  t.like(placed, {message: 'Successfully created order', total_price: '50.00'})
  const orders = JSON.parse((await shop('list-orders', '--user', 'matt', '--json')).stdout)
  t.like(orders, {count: 1, next: null, previous: null})
  t.is(orders.results[0].id, placed.order_id)
  t.is(orders.results[0].items[0].product, 'Rice')
})

test('an idempotency key places one order, however often', async (t) => {
  const {db, productId, shop} = await setUp(t)
  const order = ['place-order', '--user', 'matt', '--item', String(productId), '--idempotency-key', 'k', '--json']
  const [first, second] = [await shop(...order), await shop(...order)]
  t.is(first.stdout, second.stdout)
  t.is(await stockOf(db, productId), 11)
})

test('pages are walked with --page, and link to each other in JSON', async (t) => {
  const {db, shop} = await setUp(t)
  for (let n = 0; n < 24; n++) await addProduct(db, {name: `Product ${n}`})

  const first = await shop('list-products')
  t.regex(first.stderr, /Page 1 of 2, 25 products\. Next: --page 2/)
  const last = JSON.parse((await shop('list-products', '--page', 'last', '--json')).stdout)
  t.is(last.previous, '/products/list/')
  t.is(last.results.length, 5)
  const missing = await shop('list-products', '--page', '3')
  t.is(missing.exitCode, 1)
  t.regex(missing.stderr, /Invalid page\.\nThere are 2 pages\./)
})

test('out of stock names what is missing, and exits with 1', async (t) => {
  const {db, productId, shop} = await setUp(t)
  const order = ['place-order', '--user', 'matt', '--item', `${productId}:13`]

  const told = await shop(...order)
  t.is(told.exitCode, 1)
  t.is(told.stdout, '')
  t.regex(told.stderr, new RegExp(`product ${productId}: 13 requested, 12 available`))

  const json = await shop(...order, '--json')
  t.is(json.exitCode, 1)
  t.like(JSON.parse(json.stdout).error, {code: 'out_of_stock'})
  t.is(await stockOf(db, productId), 12)
})

test('what people stored does not steer the terminal', async (t) => {
  const {db, shop} = await setUp(t)
  await addProduct(db, {name: 'Red \u001b[31m herring'})
  const {stdout} = await shop('list-products')
  t.notRegex(stdout, /\u001b/)
  t.regex(stdout, /\\u001b\[31m/)
})

const refuses = test.macro<[args: string[], exitCode: number, message: RegExp]>({
  async exec(t, args, expected, message) {
    const {db, shop} = await setUp(t)
    const {exitCode, stdout, stderr} = await shop(...args)
    t.is(exitCode, expected)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.is((await db('orders')).length, 0)
  },
  title: (_, args) => `shop ${args.join(' ')} is refused`,
})

test(refuses, ['place-order'], 2, /--item/)
test(refuses, ['place-order', '--item', '1'], 2, /--user/)
test(refuses, ['place-order', '--user', 'matt', '--item', 'x'], 2, /"x" is no item/)
test(refuses, ['place-order', '--user', 'matt', '--item', '1:0'], 2, /"1:0" is no item/)
test(refuses, ['place-order', '--user', 'matt', '--item', '1:2:3'], 2, /"1:2:3" is no item/)
test(refuses, ['place-order', '--user', 'matt', '--item', '99999999999999999999'], 2, /is no item/)
test(refuses, ['place-order', '--user', 'nobody', '--item', '1'], 1, /no active user "nobody"/)
test(refuses, ['place-order', '--user', 'matt', '--item', '77'], 1, /Product 77 does not exist/)
test(refuses, ['place-order', '--user', 'matt', '--item', '1', '--item', '1'], 1, /Duplicate product/)
test(refuses, ['place-order', '--user', 'matt', '--item', '1', '--currency', 'XXY'], 2, /"XXY" is no currency/)
test(refuses, ['place-order', '--user', 'matt', '--item', '1', '--currency', 'EUR'], 1, /has no price in EUR/)
test(
  refuses,
  ['place-order', '--user', 'matt', '--item', '1', '--idempotency-key', 'k'.repeat(256)],
  2,
  /256 characters/,
)
test(refuses, ['list-orders'], 2, /--user/)
test(refuses, ['list-orders', '--user', 'nobody'], 1, /no active user "nobody"/)
test(refuses, ['list-products', '--page', '0'], 2, /"0" is no page/)
test(refuses, ['list-products', '--page-size', '101'], 2, /less than or equal to 100/)
test(refuses, ['list-products', '--color'], 2, /Nonexistent flag/)

test('a database without the tables says which command makes them', async (t) => {
  const {url} = await createEmptyDatabase(t)
  for (const args of [['list-products'], ['list-orders', '--user', 'matt']]) {
    const {exitCode, stderr} = await runShop(args, {env: {DATABASE_URL: url}})
    t.is(exitCode, 1)
    t.regex(stderr, /Run: shop migrate/)
  }
})

test('the shell evaluates what is piped into it', async (t) => {
  const {url} = await createDatabase(t)
  const {exitCode, stdout} = await runShop(['shell'], {
    env: {DATABASE_URL: url},
    input: "(await listProducts(db, {page: 1, pageSize: 5, currency: 'USD'})).count + 41\n",
  })
  t.is(exitCode, 0)
  t.regex(stdout, /41/)
})
