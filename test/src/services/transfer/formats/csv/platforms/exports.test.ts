import test from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../../../../src/services/audit.ts'
import {updateProducts} from '../../../../../../../src/services/transfer/update/update-products.ts'
import {createDatabase} from '../../../../../../helpers/database.ts'
import {contents, load} from '../../../../../../helpers/fixtures.ts'
import {newerShopify, olderShopify, woocommerce} from '../../../../../../helpers/shop-exports.ts'

type Row = [name: string, sku: string | null, enabled: boolean, amount: number | null, quantity: number]

async function rows(db: Knex): Promise<Row[]> {
  const products = await db('products')
    .leftJoin('product_prices', 'product_prices.product_id', 'products.id')
    .join('stock_levels', 'stock_levels.product_id', 'products.id')
    .orderBy('products.id')
    .select<{name: string; sku: string; enabled: boolean; amount: number; on_hand: number}[]>(
      ...['name', 'sku', 'enabled', 'amount', 'on_hand'],
    )
  return products.map(({name, sku, enabled, amount, on_hand}) => [name, sku, enabled, amount, on_hand])
}

const exports: Record<
  string,
  {csv: string; rows: Row[]; leftovers: {source: string; [count: string]: unknown}; columns: object}
> = {
  "Shopify's older columns": {
    csv: olderShopify,
    rows: [
      ['Linen shirt - S / Sky blue', 'LS-S', true, 4900, 12],
      ['Linen shirt - M / Sky blue', 'LS-M', true, 4900, 0],
      ['Mug', '=MUG', true, 850, 0],
      ['Old mug', null, false, 300, 4],
      ['Poster', 'POST', false, 0, 0],
    ],
    leftovers: {source: 'Shopify', rows: {'rows with only an image': 1}, oversold: 1, uncounted: 1},
    columns: {'Body (HTML)': 1, 'Image Src': 3, 'Variant Compare At Price': 1, Vendor: 4},
  },
  "Shopify's newer columns": {
    csv: newerShopify,
    rows: [
      ['Linen shirt - S / Sky blue', 'LS-S', true, 4900, 12],
      ['Linen shirt - M / Sky blue', 'LS-M', true, 4900, 0],
      ['Gift card', null, false, 2500, 0],
    ],
    leftovers: {source: 'Shopify', rows: {'rows with only an image': 1}, oversold: 0, uncounted: 2},
    columns: {Description: 1, 'Product image URL': 2, 'Weight value (grams)': 2, 'Gift card': 2},
  },
  WooCommerce: {
    csv: woocommerce,
    rows: [
      ['Hoodie - Blue / Yes', 'HOOD-B', true, 4200, 7],
      ['Hoodie - Green / No', 'HOOD-G', true, 4500, 0],
      ['Album', 'ALBUM', false, 1500, 0],
      ['Cap', 'CAP', true, 1800, 0],
      ['Belt', 'BELT', true, null, 5],
    ],
    leftovers: {
      source: 'WooCommerce',
      rows: {'parents of variations': 1, 'grouped products': 1, 'external products': 1},
      oversold: 1,
      uncounted: 2,
    },
    columns: {'Short description': 1, 'Sale price': 1, Categories: 2, 'Attribute 1 name': 2, 'External URL': 1},
  },
}

for (const [name, {csv, rows: expected, leftovers, columns}] of Object.entries(exports)) {
  test(`loads ${name}, and says what has no place`, async (t) => {
    const {db} = await createDatabase(t)

    const result = await load(db, csv)

    t.deepEqual(await rows(db), expected)
    t.like(result.leftovers, leftovers)
    t.like(result.leftovers.columns, columns)
    for (const used of ['Title', 'Handle', 'URL handle', 'SKU', 'Variant SKU', 'Name', 'Regular price', 'Published']) {
      t.false(Object.keys(result.leftovers.columns).includes(used))
    }
    t.deepEqual((await audit(db)).findings, [])

    const before = await contents(db)
    t.like(await load(db, csv), {products: {loaded: 0, existing: expected.length}})
    const same = await updateProducts(db, csv, {currency: 'USD', by: 'name'})
    t.like(same, {changed: 0, lines: expected.length, leftovers: {source: leftovers.source}})
    t.deepEqual(await contents(db), before)
  })
}

test('an export updates products by SKU: names, prices, quantities, and whether they are sold', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, newerShopify.replace(/^Gift card.*$/m, ''))
  await db('products').where({sku: 'LS-M'}).update({enabled: false})
  const changed = newerShopify
    .replace(/^Gift card.*$/m, '')
    .replace('Linen shirt,linen-shirt', 'Shirt,linen-shirt')
    .replace('shopify,12,', 'shopify,15,')
    .replace('49.00,,21.5', '44.00,,21.5')

  const result = await updateProducts(db, changed, {currency: 'USD'})

  t.like(result, {by: 'sku', changed: 2, names: 2, enabled: 1, prices: 1, levels: 1})
  t.deepEqual(await db('products').orderBy('id').select('name', 'enabled'), [
    {name: 'Shirt - S / Sky blue', enabled: true},
    {name: 'Shirt - M / Sky blue', enabled: true},
  ])
  t.deepEqual(await db('stock_levels').orderBy('product_id').pluck('on_hand'), [15, 0])
  t.deepEqual((await audit(db)).findings, [])
})

const isRefused = test.macro<[csv: string, message: RegExp]>({
  async exec(t, csv, message) {
    const {db} = await createDatabase(t)
    await t.throwsAsync(load(db, csv), {message})
    t.deepEqual(await db('products'), [])
  },
  title: (_, csv) => `is refused: ${JSON.stringify(csv).slice(-60)}`,
})

test(
  isRefused,
  'Handle,Title,Variant Price\nmug,Mug,1\ncup,,2\n',
  /line 3: has no title, and the rows before it belong/,
)
test(isRefused, 'Handle,Title,Variant Price,Status\nmug,Mug,1,gone\n', /line 2: status must be active, .*, not "gone"/)
test(isRefused, 'Handle,Title,Variant Price\nmug,Mug,"1,234"\n', /line 2: price "1,234" may have a thousands separator/)
test(isRefused, 'Handle,Title,Variant Price\nmug,Mug,1,2\n', /line 2: has 4 fields, but the header has 3/)
test(isRefused, 'SKU,Name,Regular price,Stock\nA,,1,2\n', /line 2: name is missing/)
test(isRefused, 'SKU,Name,Regular price,Stock\nA,Mug,1,2.5\n', /line 2: quantity must be a whole number/)
test(isRefused, 'SKU,Name,Regular price\nA,Mug,1\nA,Cup,1\n', /line 3: has the same SKU as line 2/)

test('a product of an export without a SKU is identified by its name only', async (t) => {
  const {db} = await createDatabase(t)
  await load(db, olderShopify)

  await t.throwsAsync(updateProducts(db, olderShopify, {currency: 'USD'}), {
    message: /line \d+: "Old mug" has no SKU; use --by name/,
  })
  await t.throwsAsync(updateProducts(db, olderShopify, {currency: 'USD', by: 'id'}), {
    message: /has no ids of this shop/,
  })
})
