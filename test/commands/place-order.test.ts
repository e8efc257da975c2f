import test from 'ava'

import {setPrice} from '../../src/services/products/prices.ts'
import {PlacedOrder} from '../helpers/cli-json/orders.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, stockOf} from '../helpers/shop.ts'

test('places an order and prints its total', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const rice = await addProduct(db, {stock: 5, price: 250})
  const tea = await addProduct(db, {name: 'Tea', stock: 5, price: 1})

  const run = await runShop(['place-order', '--user', 'matt', '--item', 'RICE:2', '--item', String(tea)], {
    env: {DATABASE_URL: url},
  })

  t.deepEqual(run, {exitCode: 0, stdout: 'Placed order 1: 5.01 USD\n', stderr: ''})
  t.deepEqual([await stockOf(db, rice), await stockOf(db, tea)], [3, 4])
})

test('--json is the order as in show-order, and a repeated key gives it again and says so', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const rice = await addProduct(db, {stock: 5, price: 250})
  const args = ['place-order', '--user', 'matt', '--item', `${rice}:2`, '--idempotency-key', 'key']
  const env = {DATABASE_URL: url}

  const first = JSON.parse((await runShop([...args, '--json'], {env})).stdout)
  const second = JSON.parse((await runShop([...args, '--json'], {env})).stdout)
  const shown = JSON.parse((await runShop(['show-order', '1', '--json'], {env})).stdout)
  const text = await runShop(args, {env})

  t.like(PlacedOrder.parse(first), {id: 1, total_price: '5.00', currency: 'USD', user: 'matt', replayed: false})
  t.deepEqual(second, {...first, replayed: true})
  t.deepEqual({...shown, replayed: false}, first)
  t.is(text.stdout, 'Order 1 was already placed: 5.00 USD\n')
  t.is(await stockOf(db, rice), 3)
})

test('shortages are listed by product, and nothing is taken out of stock', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const [ample, scarce, gone] = [
    await addProduct(db),
    await addProduct(db, {stock: 1}),
    await addProduct(db, {stock: 0}),
  ]
  const items = [ample, scarce, gone].flatMap((id) => ['--item', `${id}:2`])

  const text = await runShop(['place-order', '--user', 'matt', ...items], {env: {DATABASE_URL: url}})
  const json = await runShop(['place-order', '--user', 'matt', '--json', ...items], {env: {DATABASE_URL: url}})

  t.is(text.exitCode, 1)
  t.deepEqual(text.stderr.split('\n').slice(1), [
    `  product ${scarce}: 2 requested, 1 available`,
    `  product ${gone}: 2 requested, 0 available`,
    '',
  ])
  t.is(json.exitCode, 1)
  t.is(JSON.parse(json.stdout).error.code, 'out_of_stock')
  t.deepEqual(JSON.parse(json.stdout).error.shortages, [
    {product_id: scarce, requested: 2, available: 1},
    {product_id: gone, requested: 2, available: 0},
  ])
  t.is(await stockOf(db, ample), 10)
})

const isRefused = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const {db, url} = await createDatabase(t)
    await addUser(db, 'matt')
    await addProduct(db, {id: 1})

    const run = await runShop(['place-order', ...args], {env: {DATABASE_URL: url}})

    t.is(run.exitCode, 1)
    t.is(run.stdout, '')
    t.regex(run.stderr, message)
    t.deepEqual(await db('orders'), [])
  },
  title: (title = '') => `refuses ${title}`,
})

test('an unknown user', isRefused, ['--user', 'nobody', '--item', '1'], /^Error: There is no user "nobody"\./)
test('an unknown name', isRefused, ['--user', 'matt', '--item', 'x'], /^Error: There is no product "x"\./)
test('an unknown product', isRefused, ['--user', 'matt', '--item', '2'], /Product 2 does not exist/)
test('a product twice', isRefused, ['--user', 'matt', '--item', '1', '--item', '1:2'], /Duplicate product/)
test('a currency without a price', isRefused, ['--user', 'matt', '--item', '1', '--currency', 'EUR'], /no price in EUR/)

test('an order in another currency with its expected total', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  await addProduct(db, {id: 1, stock: 5})
  await setPrice(db, {productId: 1, currency: 'JPY', amount: 150})
  const args = ['place-order', '--user', 'matt', '--item', '1:2', '--currency', 'jpy', '--expected-total']

  const placed = await runShop([...args, '300'], {env: {DATABASE_URL: url}})
  const text = await runShop([...args, '299'], {env: {DATABASE_URL: url}})
  const json = await runShop([...args, '299', '--json'], {env: {DATABASE_URL: url}})

  t.deepEqual(placed, {exitCode: 0, stdout: 'Placed order 1: 300 JPY\n', stderr: ''})
  const message = 'The total is 300 JPY, not 299. Nothing was ordered.'
  t.deepEqual(text, {exitCode: 1, stdout: '', stderr: `Error: ${message}\n`})
  t.is(json.exitCode, 1)
  t.deepEqual(JSON.parse(json.stdout), {
    error: {code: 'total_mismatch', message, expected_total: '299', total_price: '300', currency: 'JPY'},
  })
  t.is(await stockOf(db, 1), 3)
})

test('a key used for another order is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  await addProduct(db, {id: 1})
  const order = async (item: string) =>
    runShop(['place-order', '--user', 'matt', '--item', item, '--idempotency-key', 'key'], {env: {DATABASE_URL: url}})

  await order('1:1')
  const second = await order('1:2')

  t.is(second.exitCode, 1)
  t.regex(second.stderr, /Idempotency-Key was already used/)
  t.is((await db('orders')).length, 1)
})

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['place-order', ...args])

    t.is(run.exitCode, 2)
    t.is(run.stdout, '')
    t.regex(run.stderr, message)
  },
  title: (_, args) => `${['place-order', ...args].join(' ').slice(0, 60)} is wrong usage`,
})

test(isWrongUsage, [], /Pass --user and --item\./)
test(isWrongUsage, ['--user', 'matt'], /--item/)
test(isWrongUsage, ['--item', '1'], /--user/)
test(isWrongUsage, ['--user', 'matt', '--item', '1:0'], /PRODUCT:QUANTITY/)
test(isWrongUsage, ['--user', 'matt', '--item', '1', '--quantity', '2'], /There is no flag/)
test(isWrongUsage, ['--user', 'matt', '--item', '1', '--expected-total', '1.001'], /too many decimals/)

test('an order of more items than SHOP_ORDER_ITEMS is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const ids = [await addProduct(db), await addProduct(db), await addProduct(db)]
  const place = async (count: number) =>
    runShop(['place-order', '--user', 'matt', ...ids.slice(0, count).flatMap((id) => ['--item', String(id)])], {
      env: {DATABASE_URL: url, SHOP_ORDER_ITEMS: '2'},
    })

  t.deepEqual(await place(3), {exitCode: 1, stdout: '', stderr: 'Error: An order may have at most 2 items, not 3.\n'})
  t.is((await place(2)).exitCode, 0)
})

test('a deactivated user is named as such, without advice to create one', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  await db('users').update({is_active: false})
  const productId = await addProduct(db)

  const args = ['place-order', '--user', 'matt', '--item', String(productId)]
  const run = await runShop(args, {env: {DATABASE_URL: url}})
  const json = await runShop([...args, '--json'], {env: {DATABASE_URL: url}})

  const hint = 'To activate the user, run: shop activate-user matt'
  t.deepEqual(run, {exitCode: 1, stdout: '', stderr: `Error: The user "matt" is deactivated.\n${hint}\n`})
  t.is(JSON.parse(json.stdout).error.code, 'user_deactivated')
  t.deepEqual(await db('orders'), [])
})
