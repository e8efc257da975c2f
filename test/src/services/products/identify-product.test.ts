import test from 'ava'

import {AmbiguousProductError, UnknownProductError, UnknownProductNameError} from '../../../../src/errors.ts'
import {readReference} from '../../../../src/cli/flags/product-arg.ts'
import {identifyProduct} from '../../../../src/services/products/identify-product.ts'
import {shareDatabase} from '../../../helpers/database.ts'
import {runShop} from '../../../helpers/run.ts'
import {addProduct} from '../../../helpers/shop.ts'

const shop = shareDatabase(test, async (db) => {
  await addProduct(db, {id: 1, name: 'Crème brûlée', enabled: false, stock: 0})
  await addProduct(db, {id: 2, name: 'Tea'})
  await addProduct(db, {id: 3, name: 'TEA'})
  await addProduct(db, {id: 4, name: '3'})
  await addProduct(db, {id: 5, name: '99'})
  await addProduct(db, {id: 6, name: 'Sourdough bread'})
  for (let id = 10; id < 40; id++) await addProduct(db, {id, name: 'Salt'})
})

const identify = async (text: string) => identifyProduct(shop().db, readReference(text))

const identifies = test.macro<[string, number]>({
  async exec(t, text, id) {
    t.is(await identify(text), id)
  },
  title: (_, text) => `"${text}" is a product`,
})

test(identifies, '2', 2)
test(identifies, 'Crème brûlée', 1)
test(identifies, ' creme BRULEE ', 1)
// The exact name, although another differs in case alone.
test(identifies, 'Tea', 2)
test(identifies, 'TEA', 3)
// An id comes before a name.
test(identifies, '3', 3)
test(identifies, '99', 5)

test('a name that several products have is refused with their ids', async (t) => {
  const folded = await t.throwsAsync(identify('tea'), {instanceOf: AmbiguousProductError})
  t.is(folded.message, 'Several products are called "tea": "Tea" (2) and "TEA" (3).')
  t.deepEqual(folded.products, [
    {id: 2, name: 'Tea'},
    {id: 3, name: 'TEA'},
  ])
  const many = await t.throwsAsync(identify('Salt'), {instanceOf: AmbiguousProductError})
  t.regex(many.message, /^Several products are called "Salt": "Salt" \(10\), .*"Salt" \(19\) and others\.$/)
})

test('an unknown name is refused with the closest names, or with how to search', async (t) => {
  const close = await t.throwsAsync(identify('Sourdogh bred'), {instanceOf: UnknownProductNameError})
  t.regex(close.hint ?? '', /^Did you mean "Sourdough bread" \(6\)\? To search, run: shop list-products --all --search/)
  const part = await t.throwsAsync(identify('brulee'), {instanceOf: UnknownProductNameError})
  t.deepEqual(part.suggestions, [{id: 1, name: 'Crème brûlée'}])
  const none = await t.throwsAsync(identify('xyzzy'), {instanceOf: UnknownProductNameError})
  t.is(none.hint, 'To search, run: shop list-products --all --search TEXT')
  await t.throwsAsync(identify('7'), {instanceOf: UnknownProductError, message: 'There is no product 7.'})
  await t.throwsAsync(identify('x'.repeat(10_000)), {instanceOf: UnknownProductNameError})
})

test('commands take a name, and print what is wrong with one as JSON', async (t) => {
  const env = {DATABASE_URL: shop().url}

  const shown = await runShop(['show-product', 'sourdough bread'], {env})
  const ambiguous = await runShop(['show-product', 'tea', '--json'], {env})
  const unknown = await runShop(['list-prices', 'bred', '--json'], {env})

  t.regex(shown.stdout, /^Product 6, Sourdough bread, /)
  t.like(JSON.parse(ambiguous.stdout).error, {code: 'ambiguous_product', products: [{id: 2}, {id: 3}]})
  t.like(JSON.parse(unknown.stdout).error, {code: 'unknown_product_name', suggestions: [{id: 6}]})
  t.deepEqual([ambiguous.exitCode, unknown.exitCode], [1, 1])
})
