import test from 'ava'

import {setPrice} from '../../../../../src/services/products/prices.ts'
import {openShop, reservedOf} from '../../../../helpers/basket-requests.ts'
import {addProduct} from '../../../../helpers/shop.ts'

test('of two users who add the last unit at the same moment, one gets it', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 1})

  const answers = await Promise.all([anna, ben].map(async (buyer) => buyer.set(productId, 1)))

  t.deepEqual(answers.map(({status}) => status).sort(), [200, 400])
  t.is(await reservedOf(db, productId), 1)
})

test('PUT sets the quantity, and the same one again changes nothing but how long it is held', async (t) => {
  const {db, anna, productId} = await openShop(t)

  const first = await anna.set(productId, 3)
  const second = await anna.set(productId, 3)
  const third = await anna.set(productId, 1)

  t.deepEqual([first.status, second.status, third.status], [200, 200, 200])
  t.like(second.body.items, [{quantity: 3, held: 3}])
  t.true(second.body.held_until > first.body.held_until)
  t.like(third.body.items, [{quantity: 1, held: 1}])
  t.is(await reservedOf(db, productId), 1)
})

test('more than is in stock is refused with what the basket can have, and changes nothing', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 4})
  await ben.set(productId, 1)
  const {body: before} = await anna.set(productId, 2)
  const detail = 'One or more items were out of stock in the quantities you requested - basket not changed.'

  for (const quantity of [4, 10 ** 15, Number.MAX_SAFE_INTEGER]) {
    const {status, body} = await anna.set(productId, quantity)
    t.is(status, 400)
    t.like(body, {code: 'out_of_stock', detail, message: detail})
    t.deepEqual(body.shortages, [{product_id: productId, requested: quantity, available: 3}])
  }
  const {body} = await anna.add([{product_id: productId, quantity: Number.MAX_SAFE_INTEGER}])
  t.deepEqual(body.shortages, [{product_id: productId, requested: Number.MAX_SAFE_INTEGER, available: 3}])

  t.deepEqual((await anna.get()).body, before)
  t.is((await anna.set(productId, 3)).status, 200)
  t.is(await reservedOf(db, productId), 4)
})

test('POST adds all items or none, and reports every shortage', async (t) => {
  const {db, anna, productId} = await openShop(t, {stock: 3})
  const [tea, salt] = [await addProduct(db, {stock: 1}), await addProduct(db, {stock: 1})]
  const items = (...ids: number[]) => ids.map((id) => ({product_id: id, quantity: 2}))
  const {body: before} = await anna.add(items(productId))

  const {status, body} = await anna.add(items(tea, productId, salt))

  t.is(status, 400)
  t.deepEqual(body.shortages, [
    {product_id: tea, requested: 2, available: 1},
    {product_id: productId, requested: 4, available: 3},
    {product_id: salt, requested: 2, available: 1},
  ])
  t.deepEqual((await anna.get()).body, before)
  t.like((await anna.add([{product_id: productId, quantity: 1}])).body.items, [{quantity: 3, held: 3}])
})

test('a product that cannot be ordered is 404, and nothing is added', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const disabled = await addProduct(db, {enabled: false})
  const unpriced = await addProduct(db, {price: null})
  const foreign = await addProduct(db, {price: null})
  await setPrice(db, {productId: foreign, currency: 'EUR', amount: 100})

  for (const id of [disabled, unpriced, foreign, 999, 0, Number.MAX_SAFE_INTEGER]) {
    const set = await anna.set(id, 1)
    t.is(set.status, 404)
    t.like(set.body, {code: 'unknown_product', detail: 'Not found.', product_id: id})
    const items = [productId, id].map((one) => ({product_id: one, quantity: 1}))
    t.like(await anna.add(items), {status: 404, body: {code: 'unknown_product', product_id: id}})
    t.is((await anna.remove(id)).status, 200)
  }
  t.deepEqual((await anna.get()).body.items, [])
  t.is(await reservedOf(db, productId), 0)
})

test('an id beyond the safe integers is that of no product', async (t) => {
  const {shop, anna} = await openShop(t)
  const path = `/basket/items/${'9'.repeat(400)}/`
  const {headers} = anna

  t.like(await shop.send('PUT', path, {headers, json: {quantity: 1}}), {status: 404, body: {code: 'unknown_product'}})
  t.like(await shop.send('DELETE', path, {headers}), {status: 404, body: {code: 'unknown_product'}})
})

test('at most as many as one order may have, in a basket and in an order', async (t) => {
  const {db, shop, anna, productId} = await openShop(t)
  await db('products').update({max_per_order: 4})
  await anna.set(productId, 4)

  const answers = [
    await anna.set(productId, 5),
    await anna.add([{product_id: productId, quantity: 1}]),
    await shop.send('PUT', '/orders/create/', {
      headers: anna.headers,
      json: {items: [{product_id: productId, quantity: 5}]},
    }),
  ]

  for (const {status, body} of answers) {
    t.is(status, 422)
    t.like(body, {code: 'quantity_limit', product_id: productId, max: 4})
  }
  t.like((await anna.get()).body.items, [{quantity: 4, held: 4, problems: []}])
})

test('a basket may have 100 products', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const ids = [productId]
  while (ids.length <= 100) ids.push(await addProduct(db, {stock: 2}))
  const items = ids.map((id) => ({product_id: id, quantity: 1}))

  const all = await anna.add(items.slice(0, 100))
  t.is(all.status, 200)
  t.is(all.body.items.length, 100)

  const full = {status: 400, body: {code: 'basket_full', detail: 'A basket may have at most 100 products.'}}
  t.like(await anna.set(ids[100] ?? 0, 1), full)
  t.like(await anna.add(items.slice(100)), full)
  t.is((await anna.add(items.slice(0, 1))).status, 200)
  const {status, body} = await anna.add(items)
  t.is(status, 400)
  t.deepEqual(body.items, {non_field_errors: ['Ensure this field has no more than 100 elements.']})
  t.is((await anna.checkOut()).status, 201)
})

const required = ['This field is required.']
const notNull = ['This field may not be null.']
const noInteger = ['A valid integer is required.']
const tooSmall = ['Ensure this value is greater than or equal to 1.']

const refusesQuantity = test.macro<[unknown, object]>({
  async exec(t, json, errors) {
    const {shop, db, anna, productId} = await openShop(t)
    const {headers} = anna

    const {status, body} = await shop.send('PUT', `/basket/items/${productId}/`, {headers, json})

    t.is(status, 400)
    t.like(body, {code: 'invalid', ...errors})
    t.deepEqual(await db('basket_lines'), [])
  },
  title: (_, json) => `PUT refuses ${JSON.stringify(json).slice(0, 80)}`,
})

test(refusesQuantity, {}, {quantity: required})
test(refusesQuantity, null, {non_field_errors: ['No data provided']})
test(refusesQuantity, [1], {non_field_errors: ['Invalid data. Expected a dictionary, but got list.']})
test(refusesQuantity, 2, {non_field_errors: ['Invalid data. Expected a dictionary, but got int.']})
test(refusesQuantity, {quantity: null}, {quantity: notNull})
test(refusesQuantity, {quantity: 0}, {quantity: tooSmall})
test(refusesQuantity, {quantity: -1}, {quantity: tooSmall})
test(refusesQuantity, {quantity: '-0'}, {quantity: tooSmall})
test(refusesQuantity, {quantity: 1.5}, {quantity: noInteger})
test(refusesQuantity, {quantity: 'x'}, {quantity: noInteger})
test(refusesQuantity, {quantity: true}, {quantity: noInteger})
test(refusesQuantity, {quantity: [1]}, {quantity: noInteger})
test(refusesQuantity, {quantity: '1'.repeat(1001)}, {quantity: ['String value too large.']})
test(refusesQuantity, {quantity: 1e300}, {quantity: ['Ensure this value is less than or equal to 9007199254740991.']})

const refusesItems = test.macro<[unknown, object]>({
  async exec(t, json, errors) {
    const {shop, db, anna} = await openShop(t)

    const {status, body} = await shop.send('POST', '/basket/items/', {headers: anna.headers, json})

    t.is(status, 400)
    t.like(body, errors)
    t.deepEqual(await db('basket_lines'), [])
    t.deepEqual(await db('idempotency_keys'), [])
  },
  title: (_, json) => `POST refuses ${JSON.stringify(json).slice(0, 80)}`,
})

const item = {product_id: 1, quantity: 1}

test(refusesItems, {}, {code: 'invalid', items: required})
test(refusesItems, null, {non_field_errors: ['No data provided']})
test(refusesItems, {items: null}, {items: notNull})
test(refusesItems, {items: {}}, {items: {non_field_errors: ['Expected a list of items but got type "dict".']}})
test(refusesItems, {items: []}, {non_field_errors: ['At least one product should be in an order.']})
test(refusesItems, {items: [item, {}]}, {items: [{}, {product_id: required, quantity: required}]})
test(refusesItems, {items: [{product_id: 'x', quantity: 1.5}]}, {items: [{product_id: noInteger, quantity: noInteger}]})
test(refusesItems, {items: [{...item, quantity: 0}]}, {code: 'invalid_order', items: [{quantity: tooSmall}]})
test(refusesItems, {items: [{...item, quantity: -1}]}, {code: 'invalid_order', items: [{quantity: tooSmall}]})
test(refusesItems, {items: [item, item]}, {non_field_errors: ['Duplicate product specified in the same order.']})
test(refusesItems, {items: [{...item, quantity: 10 ** 15}]}, {code: 'out_of_stock'})

test('bodies may be forms, and integers may be written as in an order', async (t) => {
  const {shop, anna, productId} = await openShop(t)
  const {headers} = anna
  const put = async (options: object) => shop.send('PUT', `/basket/items/${productId}/`, {headers, ...options})
  const post = async (body: RequestInit['body']) => shop.send('POST', '/basket/items/', {headers, body})
  const multipart = (fields: Record<string, string>) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    return form
  }
  const fields = {'items[0]product_id': String(productId), 'items[0]quantity': '2'}

  for (const options of [
    {json: {quantity: ' 2 '}},
    {json: {quantity: '2.0', color: 'red'}},
    {body: new URLSearchParams({quantity: '2'})},
    {body: multipart({quantity: '2'})},
  ]) {
    t.like(await put(options), {status: 200, body: {items: [{quantity: 2}]}})
  }
  t.like(await post(new URLSearchParams(fields)), {status: 200, body: {items: [{quantity: 4}]}})
  t.like(await post(multipart(fields)), {status: 200, body: {items: [{quantity: 6}]}})

  t.deepEqual((await put({body: new URLSearchParams({a: 'b'})})).body.quantity, required)
  t.deepEqual((await post(new URLSearchParams({a: 'b'}))).body.items, required)
  t.is((await put({body: 'quantity=2', headers: {...headers, 'content-type': 'text/plain'}})).status, 415)
  t.is((await put({body: '{', headers: {...headers, 'content-type': 'application/json'}})).body.code, 'parse_error')
})

test('an addition with a key is made once, 20 times at once and later', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 100})
  const key = {'idempotency-key': 'one click'}
  const items = [{product_id: productId, quantity: 2}]

  const answers = await Promise.all(Array.from({length: 20}, async () => anna.add(items, key)))
  await anna.set(productId, 5)
  answers.push(await anna.add(items, key))

  t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]))
  t.like(answers.at(-1)?.body.items, [{quantity: 5, held: 5}])
  t.is(answers[0]?.body.items[0].quantity, 2)
  t.is(answers.filter(({headers}) => headers.get('idempotent-replayed') === 'true').length, 20)
  const ofBen = await ben.add(items, key)
  t.deepEqual([ofBen.status, ofBen.headers.get('idempotent-replayed')], [200, null])
  t.is(await reservedOf(db, productId), 7)
})

test('a key that another request has used is refused', async (t) => {
  const {shop, anna, productId} = await openShop(t)
  const key = {'idempotency-key': 'key'}
  const items = [{product_id: productId, quantity: 1}]
  await anna.add(items, key)
  const detail = 'This Idempotency-Key was already used for a different request. Use a new key for each new request.'

  for (const answer of [await anna.add([{...items[0], quantity: 2}], key), await anna.checkOut({}, key)]) {
    t.is(answer.status, 422)
    t.like(answer.body, {code: 'idempotency_key_reused', detail})
  }
  const order = await shop.send('PUT', '/orders/create/', {headers: {...anna.headers, ...key}, json: {items}})
  t.like(order, {status: 422, body: {code: 'idempotency_key_reused'}})
  t.like((await anna.get()).body.items, [{quantity: 1}])
  for (const bad of ['', 'k'.repeat(256)]) {
    t.like(await anna.add(items, {'idempotency-key': bad}), {status: 400, body: {code: 'invalid_idempotency_key'}})
  }
})

test('additions without a key are all made, also at once', async (t) => {
  const {anna, productId} = await openShop(t, {stock: 100})

  await Promise.all(Array.from({length: 20}, async () => anna.add([{product_id: productId, quantity: 1}])))

  t.like((await anna.get()).body.items, [{quantity: 20, held: 20}])
})
