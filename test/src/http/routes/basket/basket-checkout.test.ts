import test from 'ava'

import {setPrice} from '../../../../../src/services/products/prices.ts'
import {openShop, reservedOf} from '../../../../helpers/basket-requests.ts'
import {expireHolds} from '../../../../helpers/baskets.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'

test('a checkout orders everything in the basket, and leaves an empty one', async (t) => {
  const {shop, db, anna, productId} = await openShop(t)
  const tea = await addProduct(db, {name: 'Tea', price: 100})
  await anna.add([productId, tea].map((id) => ({product_id: id, quantity: 2})))

  const {status, headers, body} = await anna.checkOut()

  t.is(status, 201)
  t.is(headers.get('idempotent-replayed'), null)
  t.like(body, {message: 'Successfully created order', total_price: '10.50', currency: 'USD'})
  const {body: order} = await shop.send('GET', `/orders/${body.order_id}/`, {headers: anna.headers})
  t.like(order, {status: 'placed', total_price: '10.50', items: {length: 2}})
  t.like((await anna.get()).body, {id: null, items: [], version: '0'})
  t.deepEqual([await stockOf(db, productId), await reservedOf(db, productId)], [8, 0])
})

test('an empty basket is not ordered', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const empty = {status: 400, body: {code: 'invalid_order', non_field_errors: ['The basket is empty.']}}

  t.like(await anna.checkOut(), empty)
  await anna.set(productId, 1)
  const {body} = await anna.clear()
  t.like(await anna.checkOut({basket: body.id}), empty)
  t.deepEqual(await db('orders'), [])
})

test('two tabs that name one basket place one order, and later requests get it again', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const {body: basket} = await anna.set(productId, 2)
  const checkOut = async (n: number) => anna.checkOut({basket: basket.id}, {'idempotency-key': `tab ${n}`})

  const answers = await Promise.all([1, 2].map(checkOut))
  await anna.set(productId, 1)
  answers.push(await checkOut(3))

  t.deepEqual(
    answers.map(({status}) => status),
    [201, 201, 201],
  )
  t.is(new Set(answers.map(({body}) => JSON.stringify(body))).size, 1)
  t.is(answers.filter(({headers}) => headers.get('idempotent-replayed') === 'true').length, 2)
  t.is((await db('orders')).length, 1)
  t.like((await anna.get()).body.items, [{quantity: 1, held: 1}])
})

test('two tabs that do not name the basket place one order, and the other finds it empty', async (t) => {
  const {db, anna, productId} = await openShop(t)
  await anna.set(productId, 2)

  const answers = await Promise.all([anna.checkOut(), anna.checkOut({})])

  t.deepEqual(answers.map(({status}) => status).sort(), [201, 400])
  t.is((await db('orders')).length, 1)
})

test('a repeated Idempotency-Key gets the same order, and 422 for another basket or currency', async (t) => {
  const {db, anna, productId} = await openShop(t)
  await setPrice(db, {productId, currency: 'EUR', amount: 400})
  await anna.set(productId, 2)
  const key = {'idempotency-key': 'one click'}

  const answers = await Promise.all(Array.from({length: 20}, async () => anna.checkOut({}, key)))
  const {body: next} = await anna.set(productId, 1)
  answers.push(await anna.checkOut(undefined, key), await anna.checkOut({expected_total: '1.00'}, key))

  t.is(new Set(answers.map(({status, body}) => `${status} ${body.order_id}`)).size, 1)
  t.is(answers.filter(({headers}) => headers.get('idempotent-replayed') === 'true').length, 21)
  for (const json of [{basket: next.id}, {currency: 'EUR'}]) {
    t.like(await anna.checkOut(json, key), {status: 422, body: {code: 'idempotency_key_reused'}})
  }
  t.is((await db('orders')).length, 1)
})

test('a changed price is a conflict with the total that the buyer saw, and counts otherwise', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const {body: seen} = await anna.set(productId, 2)
  await setPrice(db, {productId, currency: 'USD', amount: 500})

  const refused = await anna.checkOut({expected_total: seen.total})
  t.is(refused.status, 409)
  t.like(refused.body, {code: 'total_mismatch', expected_total: '8.50', total_price: '10.00', currency: 'USD'})
  t.like((await anna.get()).body, {
    total: '10.00',
    can_checkout: true,
    version: seen.version,
    items: [{held: 2, problems: [{code: 'price_changed', was: '4.25'}]}],
  })

  const {body: accepted} = await anna.set(productId, 2)
  t.deepEqual(accepted.items[0].problems, [])
  t.like(await anna.checkOut({expected_total: accepted.total}), {status: 201, body: {total_price: '10.00'}})
})

test('a product that is disabled while it is held cannot be bought, and the rest can once it is removed', async (t) => {
  const {db, anna, productId} = await openShop(t)
  const tea = await addProduct(db, {name: 'Tea'})
  await anna.add([productId, tea].map((id) => ({product_id: id, quantity: 1})))
  await db('products').where({id: tea}).update({enabled: false})

  const {status, body} = await anna.checkOut()
  t.is(status, 400)
  t.like(body, {code: 'invalid_order', items: [{}, {product_id: [`Product ${tea} is not for sale.`]}]})
  t.like(await anna.set(tea, 2), {status: 404, body: {code: 'unknown_product'}})
  t.is(await reservedOf(db, tea), 1)

  await anna.remove(tea)
  t.is((await anna.checkOut()).status, 201)
  t.is(await reservedOf(db, tea), 0)
})

test('a basket is ordered in a currency that all of its products have', async (t) => {
  const {db, anna, productId} = await openShop(t)
  await anna.set(productId, 2)
  const {status, body} = await anna.checkOut({currency: 'JPY'})
  t.is(status, 400)
  t.like(body, {code: 'invalid_order', items: [{product_id: [`Product ${productId} has no price in JPY.`]}]})

  await setPrice(db, {productId, currency: 'JPY', amount: 600})
  t.like(await anna.checkOut({currency: 'JPY', expected_total: '1200'}), {
    status: 201,
    body: {total_price: '1200', currency: 'JPY'},
  })
})

test('more than one order may have is not ordered', async (t) => {
  const {db, anna, productId} = await openShop(t)
  await anna.set(productId, 3)
  await db('products').update({max_per_order: 2})

  t.like(await anna.checkOut(), {status: 422, body: {code: 'quantity_limit', max: 2}})
  t.is(await reservedOf(db, productId), 3)
})

test('after its hold has expired, a basket is sold if stock is left, and otherwise says what is missing', async (t) => {
  const {db, anna, ben, productId} = await openShop(t, {stock: 2})
  const expired = async () => {
    const {body} = await anna.set(productId, 2)
    await expireHolds(db, body.id)
  }
  await expired()
  await ben.set(productId, 1)

  const {status, body} = await anna.checkOut()
  t.is(status, 400)
  t.like(body, {code: 'out_of_stock', shortages: [{product_id: productId, requested: 2, available: 1}]})
  t.regex(body.message, /order not created\.$/)
  const {body: now} = await anna.get()
  t.like(now, {can_checkout: false, items: [{quantity: 2}]})
  t.deepEqual(now.items[0].problems, [{code: 'out_of_stock', available: 1}, {code: 'not_held'}])

  await ben.clear()
  await expired()
  t.is((await anna.checkOut()).status, 201)
})

test('a basket that is being paid can be read, and not changed', async (t) => {
  const {db, anna, productId, method} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const {body} = await anna.set(productId, 1)
  const ordered = await anna.checkOut({basket: body.id, payment_method: 'default'})
  t.is(ordered.body.payment_status, 'pending')
  const {body: paying} = await anna.get()

  for (const answer of [
    await anna.set(productId, 2),
    await anna.add([{product_id: productId, quantity: 1}]),
    await anna.remove(productId),
    await anna.clear(),
    await anna.hold(),
    await anna.checkOut(),
  ]) {
    t.is(answer.status, 409)
    t.like(answer.body, {code: 'basket_locked', title: 'Conflict'})
  }
  t.deepEqual((await anna.checkOut({basket: body.id, payment_method: 'default'})).body, ordered.body)
  t.deepEqual((await anna.get()).body, paying)
  t.like(paying, {id: body.id, can_checkout: false, items: [{quantity: 1, held: 0}]})
  t.is(await stockOf(db, productId), 9)
})

test('an order of the same user uses what the basket holds if free stock is short, and the version shows it', async (t) => {
  const {shop, anna, ben, productId} = await openShop(t, {stock: 3})
  const {body: before} = await anna.set(productId, 3)
  const order = async ({headers}: typeof anna) =>
    shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: productId, quantity: 1}]}})

  t.like(await order(ben), {status: 400, body: {shortages: [{available: 0}]}})
  t.is((await order(anna)).status, 201)

  const {body} = await anna.get()
  t.like(body.items[0], {quantity: 3, held: 2, problems: [{code: 'out_of_stock', available: 2}, {code: 'not_held'}]})
  t.not(body.version, before.version)
})

const refuses = test.macro<[unknown, number, object]>({
  async exec(t, json, status, expected) {
    const {db, anna, productId} = await openShop(t)
    await anna.set(productId, 1)

    const answer = await anna.checkOut(json)

    t.is(answer.status, status)
    t.like(answer.body, expected)
    t.deepEqual(await db('orders'), [])
    t.like((await anna.get()).body.items, [{held: 1}])
  },
  title: (_, json) => `a checkout refuses ${JSON.stringify(json)}`,
})

test(refuses, null, 400, {non_field_errors: ['No data provided']})
test(refuses, [], 400, {non_field_errors: ['Invalid data. Expected a dictionary, but got list.']})
test(refuses, {basket: null}, 400, {basket: ['This field may not be null.']})
test(refuses, {basket: 'x'}, 400, {basket: ['A valid integer is required.']})
test(refuses, {basket: 1.5}, 400, {basket: ['A valid integer is required.']})
test(refuses, {basket: 1e300}, 400, {basket: ['Ensure this value is less than or equal to 9007199254740991.']})
test(refuses, {basket: 0}, 404, {code: 'unknown_basket'})
test(refuses, {basket: -1}, 404, {code: 'unknown_basket'})
test(refuses, {basket: 999}, 404, {code: 'unknown_basket'})
test(refuses, {currency: 'XYZ'}, 400, {currency: ['"XYZ" is not a valid choice.']})
test(refuses, {expected_total: 'x'}, 400, {expected_total: ['A valid number is required.']})
test(refuses, {expected_total: '4.251'}, 400, {
  expected_total: ['Ensure that there are no more than 2 decimal places.'],
})

test('a checkout may be a form, whose empty fields count as missing ones', async (t) => {
  const {shop, anna, productId} = await openShop(t)
  const {headers} = anna
  const send = async (fields: Record<string, string>) =>
    shop.send('POST', '/basket/checkout/', {headers, body: new URLSearchParams(fields)})

  const {body} = await anna.set(productId, 1)
  t.is((await send({basket: String(body.id), currency: 'USD', expected_total: '4.25'})).status, 201)
  await anna.set(productId, 1)
  t.is((await send({basket: '', currency: '', expected_total: ''})).status, 201)
  await anna.set(productId, 1)
  t.is((await send({})).status, 201)
})
