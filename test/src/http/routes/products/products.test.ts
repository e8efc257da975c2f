import test from 'ava'

import {readAnswer} from '../../../../../client/index.ts'
import type {PageJson} from '../../../../../src/json/page.ts'
import type {ProductJson} from '../../../../../src/json/product.ts'
import {connectClient} from '../../../../helpers/client.ts'
import {addCaller, startShop} from '../../../../helpers/http.ts'
import {addPrice} from '../../../../helpers/catalogue.ts'
import {addProduct, addStock} from '../../../../helpers/shop.ts'

test('an empty catalogue has one empty page', async (t) => {
  const shop = await startShop(t)
  const {status, body} = await shop.send('GET', '/products/list/')
  t.is(status, 200)
  t.deepEqual(body, {count: 0, next: null, previous: null, results: []})
  t.is((await shop.send('GET', '/products/list/?page=last')).status, 200)
})

test('the catalogue lists what can be bought, by name', async (t) => {
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

  const page = await readAnswer(connectClient(shop).api.GET('/products/list/'))

  t.deepEqual(page, {
    count: 2,
    next: null,
    previous: null,
    results: [
      {id: rice, name: 'rice (kgs)', quantity_in_stock: 5, price: '10.00', currency: 'USD'},
      {id: tea, name: 'Tea', quantity_in_stock: 3, price: '2.50', currency: 'USD'},
    ],
  })
})

test('the stock is the sum over all stock pools, minus reservations', async (t) => {
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

test('page numbers may be spelled in other ways', async (t) => {
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

test('links have the address that the client used, as reported by a trusted proxy', async (t) => {
  const shop = await startShop(t)
  for (let n = 0; n < 21; n++) await addProduct(shop.db, {name: `Product ${n}`})

  const {body} = await shop.send('GET', '/products/list/', {
    headers: {'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https'},
  })

  t.is(body.next, 'https://shop.example/products/list/?page=2')
})

test('the catalogue needs no token, and accepts a valid one', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  t.is((await shop.send('GET', '/products/list/')).status, 200)
  t.is((await shop.send('GET', '/products/list/', {headers})).status, 200)
})

const isRefused = test.macro<[query: string, errors: object]>({
  async exec(t, query, errors) {
    const shop = await startShop(t)
    const {status, headers, body} = await shop.send('GET', `/products/list/?${query}`)
    t.is(status, 400)
    t.is(headers.get('content-type'), 'application/problem+json; charset=utf-8')
    t.like(body, {status: 400, ...errors})
  },
  title: (_, query) => `${query.slice(0, 40)} is refused`,
})

test(isRefused, 'page_size=0', {page_size: ['Ensure this value is greater than or equal to 1.'], code: 'invalid'})
test(isRefused, 'page_size=101', {page_size: ['Ensure this value is less than or equal to 100.']})
test(isRefused, 'page_size=x', {page_size: ['A valid integer is required.']})
test(isRefused, 'page_size=1.5', {page_size: ['A valid integer is required.']})
test(isRefused, 'ordering=colour', {ordering: ['"colour" is not a valid choice.']})
test(isRefused, 'ordering=match', {ordering: ['"match" is not a valid choice.']})
test(isRefused, 'currency=XYZ', {currency: ['"XYZ" is not a valid choice.'], code: 'invalid'})
test(isRefused, 'currency=usd&page_size=0', {
  currency: ['"usd" is not a valid choice.'],
  page_size: ['Ensure this value is greater than or equal to 1.'],
})
test(isRefused, 'search=a%00b', {search: ['Null characters are not allowed.']})
test(isRefused, `search=${'x'.repeat(201)}`, {search: ['Ensure this field has no more than 200 characters.']})
test(isRefused, 'cursor=&page=2', {cursor: ['Use either a page or a cursor, not both.']})
test(isRefused, 'cursor=abc', {
  cursor: ['This cursor is not valid. Start with an empty one.'],
  code: 'invalid_cursor',
})

test('the length of a search is counted in code points, not in UTF-16 units', async (t) => {
  const shop = await startShop(t)
  const search = async (text: string) => shop.send('GET', `/products/list/?search=${encodeURIComponent(text)}`)
  t.is((await search('😀'.repeat(200))).status, 200)
  t.is((await search('😀'.repeat(201))).status, 400)
})

test('empty parameters count as missing', async (t) => {
  const shop = await startShop(t)
  await addProduct(shop.db)
  const {body} = await shop.send('GET', '/products/list/?page_size=&ordering=&currency=&search=&page=')
  t.is(body.results.length, 1)
})

test('page_size, ordering, search and currency can be combined, and are kept in the links', async (t) => {
  const shop = await startShop(t)
  for (const [name, amount] of [
    ['Rice', 300],
    ['Brown rice', 100],
    ['Rice bran', 200],
    ['Tea', 50],
  ] as const) {
    const productId = await addProduct(shop.db, {name, price: 1})
    await addPrice(shop.db, {productId, amount, currency: 'JPY'})
  }
  await addProduct(shop.db, {name: 'Rice without a price in JPY'})

  const {body} = await shop.send('GET', '/products/list/?page_size=2&search=RICE&ordering=-price&currency=JPY')

  t.is(body.count, 3)
  t.deepEqual(
    (body.results as ProductJson[]).map(({name, price, currency}) => [name, price, currency].join()),
    ['Rice,300,JPY', 'Rice bran,200,JPY'],
  )
  t.is(body.next, `${shop.origin}/products/list/?currency=JPY&ordering=-price&page=2&page_size=2&search=RICE`)
  const next = await shop.send('GET', new URL(body.next).pathname + new URL(body.next).search)
  t.like(next.body, {count: 3, next: null, results: {length: 1, 0: {name: 'Brown rice'}}})
})

test('an empty cursor starts pages that are linked by cursors in both directions', async (t) => {
  const shop = await startShop(t)
  for (let n = 1; n <= 25; n++) await addProduct(shop.db, {id: n, name: 'Rice', price: n})
  const open = async (link: string | null) => {
    const {status, body} = await shop.send('GET', link?.replace(shop.origin, '') ?? '')
    t.is(status, 200)
    return body as PageJson<ProductJson>
  }

  const first = await open('/products/list/?cursor=&ordering=id&x=1')
  const second = await open(first.next)
  const again = await open(second.previous)

  t.deepEqual(Object.keys(first), ['count', 'next', 'previous', 'results'])
  t.like(first, {count: 25, previous: null, results: {length: 20}})
  t.regex(first.next ?? '', /\/products\/list\/\?cursor=[\w-]+&ordering=id&x=1$/)
  t.like(second, {count: 25, next: null, results: {length: 5, 0: {id: 21}}})
  t.deepEqual(again.results, first.results)
  t.is(again.previous, null)
})

test('a cursor is refused with the parameters of another list', async (t) => {
  const shop = await startShop(t)
  for (let n = 1; n <= 3; n++) await addProduct(shop.db)
  const {body} = await shop.send('GET', '/products/list/?cursor=&page_size=2')
  const cursor = new URL(body.next).searchParams.get('cursor') ?? ''

  t.is((await shop.send('GET', `/products/list/?cursor=${cursor}`)).body.results.length, 1)
  const other = await shop.send('GET', `/products/list/?cursor=${cursor}&currency=EUR`)
  t.is(other.status, 400)
  t.like(other.body, {code: 'invalid_cursor'})
  t.regex(other.body.detail, /another currency, ordering or search/)
})

test('a product has its own address as long as it can be bought', async (t) => {
  const shop = await startShop(t)
  const id = await addProduct(shop.db, {name: 'Rice', stock: 3, price: 250})
  await addPrice(shop.db, {productId: id, amount: 300, currency: 'EUR'})
  const soldOut = await addProduct(shop.db, {stock: 0})
  const disabled = await addProduct(shop.db, {enabled: false})

  const rice = {id, name: 'Rice', quantity_in_stock: 3, price: '2.50', currency: 'USD'}
  const answer = await shop.send('GET', `/products/${id}/`)
  t.deepEqual(shop.errors, [])
  t.deepEqual(answer.body, rice)
  t.deepEqual((await shop.send('GET', `/products/${id}`)).body, rice)
  t.like((await shop.send('GET', `/products/${id}/?currency=EUR`)).body, {price: '3.00', currency: 'EUR'})
  t.deepEqual((await shop.send('GET', `/products/${id}/?currency=XYZ`)).body.currency, ['"XYZ" is not a valid choice.'])
  for (const path of [
    `${id}/?currency=CHF`,
    `${soldOut}/`,
    `${disabled}/`,
    '0/',
    '99/',
    '99999999999999999999/',
    'x/',
  ]) {
    const {status, body} = await shop.send('GET', `/products/${path}`)
    t.is(status, 404, `at ${path}`)
    t.is(body.detail, 'Not found.', `at ${path}`)
  }
  const {status, headers} = await shop.send('PUT', `/products/${id}/`)
  t.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD, OPTIONS'])
})

test('a client that has the current version gets 304 until it changes', async (t) => {
  const shop = await startShop(t)
  const id = await addProduct(shop.db, {stock: 3})
  for (const path of ['/products/list/', '/products/list/?cursor=', `/products/${id}/`]) {
    const {headers} = await shop.send('GET', path)
    const tag = headers.get('etag') ?? ''
    t.regex(tag, /^"[\w-]{20,}"$/)
    for (const match of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const cached = await shop.send('GET', path, {headers: {'if-none-match': match}})
      t.deepEqual([cached.status, cached.body, cached.headers.get('etag')], [304, '', tag], `${path} ${match}`)
    }
    t.is((await shop.send('HEAD', path, {headers: {'if-none-match': tag}})).status, 304)
    t.is((await shop.send('GET', path, {headers: {'if-none-match': '"other"'}})).status, 200)

    await shop.db('stock_levels').decrement('on_hand', 1)
    const changed = await shop.send('GET', path, {headers: {'if-none-match': tag}})
    t.is(changed.status, 200)
    t.not(changed.headers.get('etag'), tag)
    await shop.db('stock_levels').increment('on_hand', 1)
  }
})
