import test from 'ava'

import {addCaller, startShop} from '../../helpers/http.ts'
import {addProduct, addStock} from '../../helpers/shop.ts'

test('an empty catalogue is one empty page', async (t) => {
  const shop = await startShop(t)
  const {status, body} = await shop.send('GET', '/products/list/')
  t.is(status, 200)
  t.deepEqual(body, {count: 0, next: null, previous: null, results: []})
  t.is((await shop.send('GET', '/products/list/?page=last')).status, 200)
})

test('the catalogue has what can be bought, by name', async (t) => {
  const shop = await startShop(t)
  const tea = await addProduct(shop.db, {name: 'Tea', stock: 3, price: 250})
  const rice = await addProduct(shop.db, {name: 'rice (kgs)', stock: 5, price: 1000})
  await addProduct(shop.db, {name: 'Sold out', stock: 0})
  await addProduct(shop.db, {name: 'Disabled', enabled: false})
  await addProduct(shop.db, {name: 'Without a price', price: null})
  const future = await addProduct(shop.db, {name: 'With a price to come', price: null})
  await shop.db('product_prices').insert({
    product_id: future,
    currency: 'USD',
    amount: 1,
    effective_from: '2999-01-01',
  })

  const {body} = await shop.send('GET', '/products/list/')

  t.deepEqual(body, {
    count: 2,
    next: null,
    previous: null,
    results: [
      {id: rice, name: 'rice (kgs)', quantity_in_stock: 5, price: '10.00', currency: 'USD'},
      {id: tea, name: 'Tea', quantity_in_stock: 3, price: '2.50', currency: 'USD'},
    ],
  })
})

test('stock is what all pools have, less what is reserved', async (t) => {
  const shop = await startShop(t)
  const productId = await addProduct(shop.db, {stock: 3})
  await shop.db('stock_levels').update({reserved: 1})
  const [pool] = await shop.db('stock_pools').insert({name: 'east'}).returning<{id: number}[]>('id')
  await addStock(shop.db, {productId, poolId: pool?.id ?? 0, quantity: 4})

  const {body} = await shop.send('GET', '/products/list/')

  t.is(body.results[0].quantity_in_stock, 6)
})

test('pages of 20 link to each other and keep the other parameters', async (t) => {
  const shop = await startShop(t)
  for (let n = 0; n < 45; n++) await addProduct(shop.db, {name: `Product ${String(n).padStart(2, '0')}`})
  const path = '/products/list/?b=2&a=1%20x'

  const first = await shop.send('GET', path)
  const second = await shop.send('GET', `${path}&page=2`)
  const third = await shop.send('GET', '/products/list?page=3')
  const last = await shop.send('GET', '/products/list/?page=last')

  const base = `${shop.origin}/products/list/?a=1+x&b=2`
  t.like(first.body, {count: 45, next: `${base}&page=2`, previous: null})
  t.like(second.body, {count: 45, next: `${base}&page=3`, previous: base})
  t.like(third.body, {next: null, previous: `${shop.origin}/products/list?page=2`})
  t.is(first.body.results.length, 20)
  t.is(third.body.results.length, 5)
  t.deepEqual(last.body.results, third.body.results)
  t.is(second.body.results[0].name, 'Product 20')
})

test('pages that exist under other spellings', async (t) => {
  const shop = await startShop(t)
  for (let n = 0; n < 25; n++) await addProduct(shop.db, {name: `Product ${n}`})
  for (const page of ['02', '%202', '+2', '1&page=2', '']) {
    t.is((await shop.send('GET', `/products/list/?page=${page}`)).status, 200, `page ${page}`)
  }
})

test('a page that does not exist is 404', async (t) => {
  const shop = await startShop(t)
  for (const page of ['0', '2', '-1', 'x', '1.0', '1e0', 'LAST', '99999999999999999999', '%00', 'null', '1&page=9']) {
    const {status, body} = await shop.send('GET', `/products/list/?page=${page}`)
    t.is(status, 404, `page ${page}`)
    t.like(body, {detail: 'Invalid page.', code: 'invalid_page'})
  }
})

test('links have the address that the client used, seen through a trusted proxy', async (t) => {
  const shop = await startShop(t)
  for (let n = 0; n < 21; n++) await addProduct(shop.db, {name: `Product ${n}`})

  const {body} = await shop.send('GET', '/products/list/', {
    headers: {'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https'},
  })

  t.is(body.next, 'https://shop.example/products/list/?page=2')
})

test('the catalogue needs no token and takes a good one', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  t.is((await shop.send('GET', '/products/list/')).status, 200)
  t.is((await shop.send('GET', '/products/list/', {headers})).status, 200)
})
