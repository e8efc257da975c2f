import test from 'ava'

import {readAnswer} from '../../../../../client/index.ts'
import {connectClient} from '../../../../helpers/client.ts'
import {addCaller, startShop} from '../../../../helpers/http.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'

test('an order is confirmed with its id, and is in the history', async (t) => {
  const shop = await startShop(t)
  const {api} = connectClient(shop, (await addCaller(shop)).headers)
  const productId = await addProduct(shop.db, {name: 'Rice', stock: 12, price: 5000})

  const placed = await api.PUT('/orders/create/', {body: {items: [{product_id: productId, quantity: 3}]}})

  t.is(placed.response.status, 201)
  t.like(placed.data, {message: 'Successfully created order', total_price: '150.00', currency: 'USD'})
  t.is(await stockOf(shop.db, productId), 9)

  const history = await readAnswer(api.GET('/orders/history/'))
  const [order] = history.results
  t.like(history, {count: 1, next: null, previous: null})
  t.like(order, {id: placed.data?.order_id, total_price: '150.00', status: 'placed'})
  t.regex(order?.created_at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  t.deepEqual(order?.items, [
    {product_id: productId, product: 'Rice', product_price: '50.00', currency: 'USD', quantity: 3},
  ])
})

test('of 200 buyers of the last 50, 50 get one, 150 are told that it is out of stock, and none is left', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 50})

  const answers = await Promise.all(
    Array.from({length: 200}, async () =>
      shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: productId, quantity: 1}]}}),
    ),
  )

  t.is(answers.filter(({status}) => status === 201).length, 50)
  const refused = answers.filter(({status}) => status === 400)
  t.is(refused.length, 150)
  t.true(refused.every(({body}) => body.code === 'out_of_stock'))
  t.is(await stockOf(shop.db, productId), 0)
  t.is((await shop.db('orders')).length, 50)
})

test('out of stock lists the shortages, with the message of the old shop', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 1})

  const {
    status,
    headers: answered,
    body,
  } = await shop.send('PUT', '/orders/create', {
    headers,
    json: {items: [{product_id: productId, quantity: 3}]},
  })

  const message = 'One or more items were out of stock in the quantities you requested - order not created.'
  t.is(status, 400)
  t.is(answered.get('content-type'), 'application/problem+json; charset=utf-8')
  t.deepEqual(body, {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: message,
    code: 'out_of_stock',
    message,
    shortages: [{product_id: productId, requested: 3, available: 1}],
  })
})

test('both old and new paths work, with and without the slash', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 10})
  for (const path of ['/orders', '/order']) {
    for (const slash of ['', '/']) {
      const json = {items: [{product_id: productId, quantity: 1}]}
      t.is((await shop.send('PUT', `${path}/create${slash}`, {headers, json})).status, 201)
      t.is((await shop.send('GET', `${path}/history${slash}`, {headers})).status, 200)
    }
  }
})

test('a currency that is a structure or a long text is not repeated', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const long = `"${'x'.repeat(100)}..." is not a valid choice.`
  for (const [currency, message] of [
    [JSON.stringify('x'.repeat(900_000)), long],
    ['['.repeat(98) + ']'.repeat(98), '"list" is not a valid choice.'],
    [`{"a": [${'1,'.repeat(60_000)}1]}`, '"dict" is not a valid choice.'],
  ] as const) {
    const {status, body} = await shop.send('PUT', '/orders/create/', {
      headers: {...headers, 'content-type': 'application/json'},
      body: `{"items": [{"product_id": 1, "quantity": 1}], "currency": ${currency}}`,
    })
    t.is(status, 400)
    t.deepEqual(body.currency, [message])
  }
})

const item = {product_id: 1, quantity: 1}

const refuses = test.macro<[unknown, object]>({
  async exec(t, json, expected) {
    const shop = await startShop(t)
    const {headers} = await addCaller(shop)
    await addProduct(shop.db, {id: 1, stock: 10})
    await addProduct(shop.db, {id: 2, enabled: false})

    const {status, body} = await shop.send('PUT', '/orders/create/', {headers, json})

    t.is(status, 400)
    t.like(body, {status: 400, ...expected})
    t.deepEqual(await shop.db('orders'), [])
    t.is(await stockOf(shop.db, 1), 10)
  },
  title: (_, json) => `refuses ${JSON.stringify(json).slice(0, 80)}`,
})

const required = ['This field is required.']
const notNull = ['This field may not be null.']
const noInteger = ['A valid integer is required.']

test(refuses, {}, {code: 'invalid', items: required})
test(refuses, null, {non_field_errors: ['No data provided']})
test(refuses, [], {non_field_errors: ['Invalid data. Expected a dictionary, but got list.']})
test(refuses, 'x', {non_field_errors: ['Invalid data. Expected a dictionary, but got str.']})
test(refuses, 7, {non_field_errors: ['Invalid data. Expected a dictionary, but got int.']})
test(refuses, true, {non_field_errors: ['Invalid data. Expected a dictionary, but got bool.']})
test(refuses, {items: null}, {items: notNull})
test(refuses, {items: {}}, {items: {non_field_errors: ['Expected a list of items but got type "dict".']}})
test(refuses, {items: 'x'}, {items: {non_field_errors: ['Expected a list of items but got type "str".']}})
test(refuses, {items: []}, {non_field_errors: ['At least one product should be in an order.']})
test(refuses, {items: [item, {}]}, {items: [{}, {product_id: required, quantity: required}]})
test(refuses, {items: [null]}, {items: [notNull]})
test(refuses, {items: [1]}, {items: [{non_field_errors: ['Invalid data. Expected a dictionary, but got int.']}]})
test(refuses, {items: [{product_id: 'x', quantity: 1.5}]}, {items: [{product_id: noInteger, quantity: noInteger}]})
test(refuses, {items: [{product_id: true, quantity: null}]}, {items: [{product_id: noInteger, quantity: notNull}]})
test(refuses, {items: [{product_id: [], quantity: {}}]}, {items: [{product_id: noInteger, quantity: noInteger}]})
test(refuses, {items: [{product_id: '\0', quantity: ''}]}, {items: [{product_id: noInteger, quantity: noInteger}]})
test(refuses, {items: [{...item, quantity: '1'.repeat(1001)}]}, {items: [{quantity: ['String value too large.']}]})
test(
  refuses,
  {items: [{...item, quantity: '18446744073709551616'}]},
  {items: [{quantity: ['Ensure this value is less than or equal to 9007199254740991.']}]},
)
test(
  refuses,
  {items: [{...item, quantity: 0}]},
  {code: 'invalid_order', items: [{quantity: ['Ensure this value is greater than or equal to 1.']}]},
)
test(refuses, {items: [item, item]}, {non_field_errors: ['Duplicate product specified in the same order.']})
test(refuses, {items: [{...item, product_id: 77}]}, {items: [{product_id: ['Product 77 does not exist.']}]})
test(refuses, {items: [item, {...item, product_id: -7}]}, {items: [{}, {product_id: ['Product -7 does not exist.']}]})
test(refuses, {items: [{...item, product_id: 2}]}, {items: [{product_id: ['Product 2 is not for sale.']}]})
test(refuses, {items: [{...item, quantity: 3_000_000_000}]}, {code: 'out_of_stock'})
test(refuses, {items: [{...item, quantity: Number.MAX_SAFE_INTEGER}]}, {code: 'out_of_stock'})

const takes = test.macro<[unknown]>({
  async exec(t, order) {
    const shop = await startShop(t)
    const {headers} = await addCaller(shop)
    await addProduct(shop.db, {id: 1, stock: 10})
    const {status} = await shop.send('PUT', '/orders/create/', {headers, json: order})
    t.is(status, 201)
    t.is(await stockOf(shop.db, 1), 8)
  },
  title: (_, order) => `accepts ${JSON.stringify(order)}`,
})

test(takes, {items: [{product_id: '1', quantity: ' 2 '}]})
test(takes, {items: [{product_id: '1.0', quantity: '2.000'}]})
test(takes, {items: [{product_id: 1, quantity: 2, color: 'red'}], coupon: {deep: [1]}})

test('1.0 in JSON is an integer', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  await addProduct(shop.db, {id: 1, stock: 10})

  const {status} = await shop.send('PUT', '/orders/create/', {
    headers: {...headers, 'content-type': 'application/json'},
    body: '{"items": [{"product_id": 1.0, "quantity": 2.0}]}',
  })

  t.is(status, 201)
})

test('an order may be a form, URL-encoded or multipart', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  await addProduct(shop.db, {id: 1, stock: 10})
  await addProduct(shop.db, {id: 2, stock: 10})
  const fields = {
    'items[0]product_id': '1',
    'items[0]quantity': '2',
    'items[4]product_id': '2',
    'items[4]quantity': '1',
  }
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)

  t.is((await shop.send('PUT', '/orders/create/', {headers, body: new URLSearchParams(fields)})).status, 201)
  t.is((await shop.send('PUT', '/orders/create/', {headers, body: form})).status, 201)
  t.is(await stockOf(shop.db, 1), 6)
  t.is(await stockOf(shop.db, 2), 8)

  const empty = await shop.send('PUT', '/orders/create/', {headers, body: new URLSearchParams({a: 'b'})})
  t.deepEqual(empty.body.items, required)
  const wrong = await shop.send('PUT', '/orders/create/', {headers, body: new URLSearchParams({'items[0]': 'x'})})
  t.deepEqual(wrong.body.items, [{non_field_errors: ['Invalid data. Expected a dictionary, but got str.']}])
})

function itemsOf(count: number): {product_id: number; quantity: number}[] {
  return Array.from({length: count}, (_, n) => ({product_id: n + 1, quantity: 1}))
}

function formOf(count: number): URLSearchParams {
  const fields = itemsOf(count).flatMap(({product_id, quantity}, n): [string, string][] => [
    [`items[${n}]product_id`, String(product_id)],
    [`items[${n}]quantity`, String(quantity)],
  ])
  return new URLSearchParams(fields)
}

function toMultipart(fields: URLSearchParams): FormData {
  const form = new FormData()
  for (const [name, value] of fields) form.append(name, value)
  return form
}

const tooMany = {items: {non_field_errors: ['Ensure this field has no more than 100 elements.']}}

test('an order may have 100 items, and their errors are listed by position', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const order = async (body: {json: unknown} | {body: RequestInit['body']}) =>
    shop.send('PUT', '/orders/create/', {headers, ...body})

  for (const body of [{json: {items: itemsOf(100)}}, {body: formOf(100)}, {body: toMultipart(formOf(100))}]) {
    const refused = await order(body)
    t.is(refused.status, 400)
    t.is(refused.body.items.length, 100)
    t.deepEqual(refused.body.items[99], {product_id: ['Product 100 does not exist.']})
  }
  for (let n = 1; n <= 100; n++) await addProduct(shop.db, {id: n, stock: 1})
  t.is((await order({json: {items: itemsOf(100)}})).status, 201)
})

test('an order of more items is refused before they are read, as JSON and as a form', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const json = [itemsOf(101), itemsOf(26_000), Array.from({length: 70_000}, () => null)].map((items) => ({
    json: {items},
  }))
  for (const body of [...json, {body: formOf(101)}, {body: toMultipart(formOf(101))}]) {
    const answer = await shop.send('PUT', '/orders/create/', {headers, ...body})
    t.is(answer.status, 400)
    t.like(answer.body, tooMany)
  }
})

test('a form may have 1000 fields', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const others = (count: number) =>
    new URLSearchParams(Array.from({length: count}, (_, n): [string, string] => [`other${n}`, '']))
  const send = async (body: RequestInit['body']) => shop.send('PUT', '/orders/create/', {headers, body})

  for (const body of [others(1000), toMultipart(others(1000))]) t.deepEqual((await send(body)).body.items, required)
  for (const body of [others(1001), toMultipart(others(1001))]) {
    const {status, body: answer} = await send(body)
    t.is(status, 400)
    t.is(answer.code, 'parse_error')
    t.regex(answer.detail, /more than 1000 fields/)
  }
})

test('a repeated Idempotency-Key gets the same answer, 50 times at once and later', async (t) => {
  const shop = await startShop(t)
  const {api} = connectClient(shop, (await addCaller(shop)).headers)
  const productId = await addProduct(shop.db, {stock: 100})
  const params = {header: {'Idempotency-Key': 'one click'}}
  const order = async (quantity: number) =>
    api.PUT('/orders/create/', {params, body: {items: [{product_id: productId, quantity}]}})

  const answers = await Promise.all(Array.from({length: 50}, async () => order(1)))
  answers.push(await order(1))

  t.true(answers.every(({response}) => response.status === 201))
  t.is(new Set(answers.map(({data}) => JSON.stringify(data))).size, 1)
  t.is(answers.filter(({response}) => response.headers.get('idempotent-replayed') === 'true').length, 50)
  t.is(await stockOf(shop.db, productId), 99)

  const changed = await order(2)
  t.is(changed.response.status, 422)
  t.like(changed.error, {code: 'idempotency_key_reused'})
  t.is(await stockOf(shop.db, productId), 99)
})

test('an Idempotency-Key that is empty or too long is refused', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  for (const key of ['', 'k'.repeat(256)]) {
    const {status, body} = await shop.send('PUT', '/orders/create/', {
      headers: {...headers, 'idempotency-key': key},
      json: {items: [item]},
    })
    t.is(status, 400)
    t.is(body.code, 'invalid_idempotency_key')
  }
})

test("the history lists the caller's own orders, newest first, in pages that link to each other", async (t) => {
  const shop = await startShop(t)
  const client = connectClient(shop, (await addCaller(shop)).headers)
  const other = connectClient(shop, (await addCaller(shop)).headers)
  const items = [{product_id: await addProduct(shop.db, {stock: 1000}), quantity: 1}]
  const ids: number[] = []
  for (let n = 0; n < 25; n++) ids.push((await client.placeOrder({items})).order_id)
  await other.placeOrder({items})

  const readPage = async (query: {page?: string}) => readAnswer(client.api.GET('/orders/history/', {params: {query}}))
  const first = await readPage({})
  const second = await readPage({page: '2'})

  t.like(first, {count: 25, next: `${shop.origin}/orders/history/?page=2`, previous: null})
  t.like(second, {count: 25, next: null, previous: `${shop.origin}/orders/history/`})
  const seen = [...first.results, ...second.results].map(({id}) => id)
  t.deepEqual(seen, ids.toReversed())
})
