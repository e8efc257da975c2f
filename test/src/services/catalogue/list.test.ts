import test from 'ava'

import {InvalidPageError} from '../../../../src/errors.ts'
import {findProduct, listProducts} from '../../../../src/services/catalogue/list.ts'
import {addPrice, fillCatalogue, listAll} from '../../../helpers/catalogue.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'

test('a page is the same whether it is read from the start or from the end', async (t) => {
  const {db} = await createDatabase(t)
  await fillCatalogue(db, 2345)
  const all = await listProducts(db, {page: 1, pageSize: 2500, currency: 'USD'})
  t.is(all.results.length, 2345)

  for (const [pageSize, pages] of [
    [20, [1, 2, 58, 59, 60, 100, 101, 116, 117, 118]],
    [100, [1, 19, 20, 21, 23, 24]],
  ] as const) {
    for (const page of pages) {
      const {results, ...told} = await listProducts(db, {page, pageSize, currency: 'USD'})
      t.deepEqual(results, all.results.slice((page - 1) * pageSize, page * pageSize), `page ${page} of ${pageSize}`)
      t.deepEqual(told, {count: 2345, isMore: false, page, pageCount: Math.ceil(2345 / pageSize)})
    }
    const last = await listProducts(db, {page: 'last', pageSize, currency: 'USD'})
    t.deepEqual(last.results, all.results.slice((last.pageCount - 1) * pageSize))
  }
  for (const page of [0, -1, 1.5, 119, 100_000, Number.NaN, Infinity]) {
    await t.throwsAsync(listProducts(db, {page, pageSize: 20, currency: 'USD'}), {instanceOf: InvalidPageError})
  }
})

test('every ordering sorts equal products by their ids, in the same direction', async (t) => {
  const {db} = await createDatabase(t)
  for (const [id, name, price] of [
    [1, 'b', 2],
    [2, 'a', 1],
    [3, 'a', 2],
    [4, 'c', 1],
  ] as const) {
    await addProduct(db, {id, name, price})
  }
  const list = async (ordering: 'id' | '-id' | 'name' | '-name' | 'price' | '-price') => {
    const {results} = await listProducts(db, {page: 1, pageSize: 20, currency: 'USD', ordering})
    return results.map(({id}) => id).join('')
  }

  t.is(await list('name'), '2314')
  t.is(await list('-name'), '4132')
  t.is(await list('price'), '2413')
  t.is(await list('-price'), '3142')
  t.is(await list('id'), '1234')
  t.is(await list('-id'), '4321')
})

test('a list contains the products that have a price in its currency, with that price', async (t) => {
  const {db} = await createDatabase(t)
  const rice = await addProduct(db, {name: 'Rice', price: 100})
  const tea = await addProduct(db, {name: 'Tea', price: null})
  await addPrice(db, {productId: rice, amount: 90, currency: 'EUR'})
  await addPrice(db, {productId: tea, amount: 500, currency: 'JPY'})

  t.like(await listAll(db, 'USD'), {length: 1, 0: {id: rice, price: 100}})
  t.like(await listAll(db, 'EUR'), {length: 1, 0: {id: rice, price: 90, currency: 'EUR'}})
  t.like(await listAll(db, 'JPY'), {length: 1, 0: {id: tea, price: 500}})
  t.deepEqual(await listAll(db, 'CHF'), [])
  t.like(await findProduct(db, {id: tea, currency: 'JPY'}), {name: 'Tea', quantityInStock: 10})
  await t.throwsAsync(findProduct(db, {id: tea, currency: 'USD'}), {code: 'unknown_product'})
})
