import test from 'ava'

import {audit} from '../../src/services/audit.ts'
import {searchProducts} from '../../src/services/products/find-products.ts'
import {createDatabase} from '../helpers/database.ts'
import {contents, load} from '../helpers/fixtures.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

test('a SKU is given, shown, found, changed and removed, and nothing else changes with it', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  const run = async (...args: string[]) => {
    const {exitCode, stdout, stderr} = await runShop(args, {env})
    t.deepEqual([exitCode, stderr], [0, ''])
    return stdout
  }

  const created = JSON.parse(await run('create-product', 'Rye', '--sku', ' RYE-1 ', '--price', '2', '--json'))
  t.is(created.sku, 'RYE-1')
  t.regex(await run('show-product', '1'), /^Product 1, Rye \(SKU RYE-1\), created /)
  t.deepEqual(
    (await searchProducts(db, {text: 'rye-', limit: 9})).map(({id}) => id),
    [1],
  )

  t.is(await run('update-product', '1', '--sku', 'R\u001b2'), 'Updated product 1: Rye (SKU R\\u001b2), enabled.\n')
  t.is(JSON.parse(await run('update-product', '1', '--disable', '--json')).sku, 'R\u001b2')
  t.is(await run('update-product', '1', '--no-sku', '--enable'), 'Updated product 1: Rye, enabled.\n')
  t.is(JSON.parse(await run('show-product', '1', '--json')).sku, null)
  t.deepEqual((await audit(db)).findings, [])
})

test('a SKU that another product has, or that is not valid, is refused', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await addProduct(db, {name: 'Rice'})
  await db('products').update({sku: 'A'})
  await addProduct(db, {name: 'Tea'})

  const taken = await runShop(['update-product', '2', '--sku', 'A', '--name', 'Coffee'], {env})
  const json = await runShop(['create-product', 'Salt', '--price', '1', '--sku', 'A', '--json'], {env})
  const blank = await runShop(['update-product', '2', '--sku', ' ', '--json'], {env})
  const long = await runShop(['update-product', '2', '--sku', 'x'.repeat(256), '--json'], {env})
  const both = await runShop(['update-product', '2', '--sku', 'B', '--no-sku'], {env})

  t.deepEqual(taken, {exitCode: 1, stdout: '', stderr: 'Error: Another product already has the SKU "A".\n'})
  t.like(JSON.parse(json.stdout).error, {code: 'sku_taken', sku: 'A'})
  for (const {stdout} of [blank, long]) t.is(JSON.parse(stdout).error.code, 'invalid_product')
  t.is(both.exitCode, 2)
  t.deepEqual(await db('products').orderBy('id').select('name', 'sku'), [
    {name: 'Rice', sku: 'A'},
    {name: 'Tea', sku: null},
  ])
})

test('a load knows products by SKU, and names may repeat with different ones', async (t) => {
  const {db} = await createDatabase(t)
  const csv = 'sku,name,price,stock\nS-1,Shirt,5,1\nS-2,Shirt,5,2\n,Cap,3,3\n'

  t.like(await load(db, csv), {products: {loaded: 3, existing: 0}})
  const before = await contents(db)
  t.like(await load(db, csv), {products: {loaded: 0, existing: 3}})
  t.deepEqual(await contents(db), before)

  // The shop's product of that name has no SKU yet.
  t.like(await load(db, 'sku,name,price,stock\nC-1,Cap,3,3\nS-3,Shirt,5,1\n'), {products: {loaded: 1, existing: 1}})
  t.deepEqual(await db('products').orderBy('id').pluck('sku'), ['S-1', 'S-2', null, 'S-3'])
})

const isRefused = test.macro<[string, RegExp]>({
  async exec(t, rows, message) {
    const {db} = await createDatabase(t)
    await load(db, 'id,sku,name,price,stock\n5,A,Shirt,5,1\n6,,Cap,5,1\n')
    const before = await contents(db)

    await t.throwsAsync(load(db, `id,sku,name,price,stock\n${rows}\n`), {message})

    t.deepEqual(await contents(db), before)
  },
  title: (_, rows) => `a load of ${rows.replace('\n', ' and ')} is refused`,
})

test(isRefused, ',A,Trousers,5,1', /line 2: the shop has another product with SKU A: 5, "Shirt"/)
test(isRefused, '9,A,Shirt,5,1', /line 2: the shop has another product with SKU A: 5, "Shirt"/)
test(isRefused, '5,B,Shirt,5,1', /line 2: the shop has product 5 with SKU A/)
test(isRefused, ',B,Tea,5,1\n,B,Rice,5,1', /line 3: has the same SKU as line 2/)
test(isRefused, ',B,Cap,5,1\n,C,Cap,5,1', /line 3: the shop has one product "Cap" without a SKU for this and line 2/)

test('the migration goes down and up again on a shop with SKUs, and listings follow before and after', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await load(db, 'sku,name,price,stock\nS-1,Shirt,5,1\n,Cap,5,1\n')

  while (await db.schema.hasColumn('products', 'sku')) await runShop(['migrate', 'rollback', '--yes'], {env})
  await db('products').where({name: 'Cap'}).update({name: 'Hat'})
  t.is((await db('listing_refreshes')).length, 1)
  t.is((await runShop(['migrate'], {env})).exitCode, 0)

  t.deepEqual(await db('products').orderBy('id').select('name', 'sku'), [
    {name: 'Shirt', sku: null},
    {name: 'Hat', sku: null},
  ])
  await db('products').where({name: 'Hat'}).update({name: 'Cap'})
  await db('products').update({enabled: false})
  t.is((await db('listing_refreshes')).length, 4)
  await db('products').update({sku: 'C-1', max_per_order: 2}).where({name: 'Cap'})
  t.is((await db('listing_refreshes')).length, 4)
  t.deepEqual((await audit(db)).findings, [])
})

test('commands take a SKU for a PRODUCT, and lists of all products find it', async (t) => {
  const {db, url} = await createDatabase(t)
  const env = {DATABASE_URL: url}
  await load(db, 'sku,name,price,stock\nS-1,Shirt,5,0\n7,Cap,5,1\nCap,Hat,5,1\n')

  const shown = await runShop(['show-product', 'S-1', '--json'], {env})
  const numbered = await runShop(['show-product', '7', '--json'], {env})
  const named = await runShop(['show-product', 'Cap', '--json'], {env})
  const listed = await runShop(['list-products', '--all', '--search', 's-1', '--json'], {env})

  t.is(JSON.parse(shown.stdout).name, 'Shirt')
  t.is(JSON.parse(numbered.stdout).name, 'Cap')
  t.is(JSON.parse(named.stdout).name, 'Hat')
  t.like(JSON.parse(listed.stdout), {count: 1, results: [{name: 'Shirt', obstacles: ['sold_out']}]})
})
