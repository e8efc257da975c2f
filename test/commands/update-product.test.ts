import test from 'ava'

import {Product} from '../helpers/cli-json/products.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

const updates = test.macro<[args: string[], says: string, product: object]>({
  async exec(t, args, says, product) {
    const {db, url} = await createDatabase(t)
    await addProduct(db, {id: 6, name: 'Rice', enabled: !args.includes('--enable')})
    const env = {DATABASE_URL: url}

    const text = await runShop(['update-product', '6', ...args], {env})
    const json = await runShop(['update-product', '6', ...args, '--json'], {env})

    t.deepEqual(text, {exitCode: 0, stdout: `${says}\n`, stderr: ''})
    const shown = await runShop(['show-product', '6', '--json'], {env})
    t.is(json.stdout, shown.stdout)
    t.like(Product.parse(JSON.parse(json.stdout)), {id: 6, sku: null, max_per_order: null, ...product})
    t.like(await db('products').first(), product)
  },
  title: (_, args) => `update-product 6 ${args.join(' ')}`,
})

test(updates, ['--name', ' Basmati '], 'Updated product 6: Basmati, enabled.', {name: 'Basmati', enabled: true})
test(updates, ['--disable'], 'Updated product 6: Rice, disabled.', {name: 'Rice', enabled: false})
test(updates, ['--enable'], 'Updated product 6: Rice, enabled.', {name: 'Rice', enabled: true})
test(updates, ['--disable', '--name', 'Tea'], 'Updated product 6: Tea, disabled.', {name: 'Tea', enabled: false})

test(updates, ['--max-per-order', '3'], 'Updated product 6: Rice, enabled, at most 3 per order.', {
  enabled: true,
  name: 'Rice',
  max_per_order: 3,
})

test('--max-per-order limits orders until it is lifted', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await addUser(db, 'matt')
  await addProduct(db, {id: 6, name: 'Rice'})
  const placeOrder = async (...flags: string[]) =>
    runShop(['place-order', '--user', 'matt', '--item', '6:3', ...flags], {env})

  await runShop(['update-product', '6', '--max-per-order', '2'], {env})
  const renamed = await runShop(['update-product', '6', '--name', 'Basmati'], {env})
  const shown = await runShop(['show-product', '6'], {env})
  t.is(renamed.stdout, 'Updated product 6: Basmati, enabled, at most 2 per order.\n')
  t.regex(shown.stdout, /^Product 6, Basmati, created .* UTC: enabled, at most 2 per order\.\n/)

  t.deepEqual(await placeOrder(), {
    exitCode: 1,
    stdout: '',
    stderr:
      'Error: An order may have at most 2 of product 6.\n' +
      'To change the limit, run: shop update-product 6 --max-per-order N\n',
  })
  t.like(JSON.parse((await placeOrder('--json')).stdout).error, {code: 'quantity_limit', product_id: 6, max: 2})

  await runShop(['update-product', '6', '--max-per-order', 'none'], {env})
  t.is((await placeOrder()).exitCode, 0)
})

const isRefused = test.macro<[string[], string, RegExp]>({
  async exec(t, args, code, message) {
    const {db, url} = await createDatabase(t)
    await addProduct(db, {id: 6, name: 'Rice'})

    const text = await runShop(['update-product', ...args], {env: {DATABASE_URL: url}})
    const json = await runShop(['update-product', ...args, '--json'], {env: {DATABASE_URL: url}})

    t.deepEqual([text.exitCode, text.stdout], [1, ''])
    t.regex(text.stderr, message)
    t.deepEqual([json.exitCode, JSON.parse(json.stdout).error.code], [1, code])
    t.like(await db('products').first(), {name: 'Rice', enabled: true})
  },
  title: (_, args) => `update-product ${args.join(' ').slice(0, 40)} is refused`,
})

test(isRefused, ['7', '--disable'], 'unknown_product', /There is no product 7\./)
test(isRefused, ['6', '--disable', '--name', ''], 'invalid_product', /this one has 0\./)
test(isRefused, ['6', '--name', 'x'.repeat(201)], 'invalid_product', /this one has 201\./)

const isWrongUsage = test.macro<[string[], RegExp]>({
  async exec(t, args, message) {
    const run = await runShop(['update-product', ...args], {input: '6\n'})

    t.deepEqual([run.exitCode, run.stdout], [2, ''])
    t.regex(run.stderr.replaceAll(/\s+›?\s*/g, ' '), message)
  },
  title: (_, args) => `${['update-product', ...args].join(' ')} is wrong usage`,
})

test(isWrongUsage, ['--disable'], /PRODUCT/)
test(isWrongUsage, ['6'], /--name, --sku, --no-sku, --enable, --disable or --max-per-order/)
test(isWrongUsage, ['6', '--enable', '--disable'], /cannot be used with/)
test(isWrongUsage, ['6', '--max-per-order', '0'], /--max-per-order must be a positive whole number or "none"/)
test(isWrongUsage, ['', '--enable'], /"" is not a valid product/)
