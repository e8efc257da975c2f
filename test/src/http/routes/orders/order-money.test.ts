import test from 'ava'

import {setPrice} from '../../../../../src/services/products/prices.ts'
import {addCaller, startShop} from '../../../../helpers/http.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'

const items = [{product_id: 1, quantity: 3}]

test('an order has one currency, which is given with every price and total', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  await addProduct(shop.db, {id: 1, name: 'Rice', price: 1000})
  await setPrice(shop.db, {productId: 1, currency: 'JPY', amount: 150})

  const placed = await shop.send('PUT', '/orders/create/', {headers, json: {items, currency: 'JPY'}})
  const order = await shop.send('GET', `/orders/${placed.body.order_id}/`, {headers})
  const history = await shop.send('GET', '/orders/history/', {headers})

  t.is(placed.status, 201)
  t.like(placed.body, {total_price: '450', currency: 'JPY'})
  t.like(order.body, {total_price: '450', currency: 'JPY'})
  t.deepEqual(order.body.items, [{product_id: 1, product: 'Rice', product_price: '150', currency: 'JPY', quantity: 3}])
  t.deepEqual(history.body.results, [order.body])
})

test('an order with the expected total is placed, whether it is a number, a string or a form field', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  await addProduct(shop.db, {id: 1, stock: 100, price: 1250})
  const order = async (expected: unknown) =>
    shop.send('PUT', '/orders/create/', {headers, json: {items, expected_total: expected}})

  for (const expected of ['37.50', '37.5', 37.5, ' 37.50 ', '3.75e1', '+0037.50', '375e-1', '3_7.50', undefined]) {
    t.is((await order(expected)).status, 201, `${String(expected)} is not taken`)
  }
  for (const form of [
    {expected_total: '37.50', currency: 'USD'},
    {expected_total: '', currency: ''},
  ]) {
    const body = new URLSearchParams({'items[0]product_id': '1', 'items[0]quantity': '3', ...form})
    t.is((await shop.send('PUT', '/orders/create/', {headers, body})).status, 201)
  }
})

test('a different total is a conflict that gives both totals, and nothing is written', async (t) => {
  const shop = await startShop(t)
  const caller = await addCaller(shop)
  const headers = {...caller.headers, 'idempotency-key': 'key'}
  await addProduct(shop.db, {id: 1, stock: 10, price: 1250})
  const order = async (expected: string) =>
    shop.send('PUT', '/orders/create/', {headers, json: {items, expected_total: expected}})

  const refused = await order('37.49')
  t.is(refused.status, 409)
  t.is(refused.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.deepEqual(refused.body, {
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'The total is 37.50 USD, not 37.49. Nothing was ordered.',
    code: 'total_mismatch',
    expected_total: '37.49',
    total_price: '37.50',
    currency: 'USD',
  })
  for (const table of ['orders', 'order_lines', 'idempotency_keys']) t.deepEqual(await shop.db(table), [])
  t.is(await stockOf(shop.db, 1), 10)

  const placed = await order('37.50')
  await setPrice(shop.db, {productId: 1, currency: 'USD', amount: 1})
  const repeated = await order('37.50')
  const recalculated = await order('0.03')
  t.is(placed.status, 201)
  for (const {status, body, headers: answered} of [repeated, recalculated]) {
    t.deepEqual([status, body, answered.get('idempotent-replayed')], [201, placed.body, 'true'])
  }
})

test('the same key with another currency is refused as another order', async (t) => {
  const shop = await startShop(t)
  const caller = await addCaller(shop)
  const headers = {...caller.headers, 'idempotency-key': 'key'}
  await addProduct(shop.db, {id: 1})
  await setPrice(shop.db, {productId: 1, currency: 'EUR', amount: 900})

  const placed = await shop.send('PUT', '/orders/create/', {headers, json: {items}})
  const named = await shop.send('PUT', '/orders/create/', {headers, json: {items, currency: 'USD'}})
  const other = await shop.send('PUT', '/orders/create/', {headers, json: {items, currency: 'EUR'}})

  t.deepEqual([placed.status, named.status, other.status], [201, 201, 422])
  t.is(named.headers.get('idempotent-replayed'), 'true')
})

const refuses = test.macro<[object, object]>({
  async exec(t, fields, errors) {
    const shop = await startShop(t)
    const {headers} = await addCaller(shop)
    await addProduct(shop.db, {id: 1})
    await setPrice(shop.db, {productId: 1, currency: 'JPY', amount: 150})

    const {status, body} = await shop.send('PUT', '/orders/create/', {headers, json: {items, ...fields}})

    t.is(status, 400)
    const {type, title, status: inBody, detail, code, ...rest} = body
    t.deepEqual([type, title, inBody, detail, code], ['about:blank', 'Bad Request', 400, 'Invalid input.', 'invalid'])
    t.deepEqual(rest, errors)
    t.deepEqual(await shop.db('orders'), [])
  },
  title: (_, fields) => `refuses ${JSON.stringify(fields).slice(0, 80)}`,
})

const notNull = ['This field may not be null.']
const noNumber = ['A valid number is required.']

test(refuses, {currency: 'XYZ'}, {currency: ['"XYZ" is not a valid choice.']})
test(refuses, {currency: 'usd'}, {currency: ['"usd" is not a valid choice.']})
test(refuses, {currency: 'XAU'}, {currency: ['"XAU" is not a valid choice.']})
test(refuses, {currency: ''}, {currency: ['"" is not a valid choice.']})
test(refuses, {currency: 7}, {currency: ['"7" is not a valid choice.']})
test(refuses, {currency: true}, {currency: ['"True" is not a valid choice.']})
test(refuses, {currency: null}, {currency: notNull})
test(refuses, {expected_total: null}, {expected_total: notNull})
test(refuses, {expected_total: ''}, {expected_total: noNumber})
test(refuses, {expected_total: 'x'}, {expected_total: noNumber})
test(refuses, {expected_total: true}, {expected_total: noNumber})
test(refuses, {expected_total: [1]}, {expected_total: noNumber})
test(refuses, {expected_total: 'NaN'}, {expected_total: noNumber})
test(refuses, {expected_total: 'Infinity'}, {expected_total: noNumber})
test(refuses, {expected_total: '1,5'}, {expected_total: noNumber})
test(refuses, {expected_total: '.'}, {expected_total: noNumber})
test(refuses, {expected_total: '1'.repeat(1001)}, {expected_total: ['String value too large.']})
test(refuses, {expected_total: -1}, {expected_total: ['Ensure this value is greater than or equal to 0.']})
test(refuses, {expected_total: '37.501'}, {expected_total: ['Ensure that there are no more than 2 decimal places.']})
test(refuses, {expected_total: '1e-9'}, {expected_total: ['Ensure that there are no more than 2 decimal places.']})
test(
  refuses,
  {expected_total: '450.0', currency: 'JPY'},
  {expected_total: ['Ensure that there are no more than 0 decimal places.']},
)
test(
  refuses,
  {expected_total: '1e400000000'},
  {expected_total: ['Ensure that there are no more than 16 digits in total.']},
)
test(
  refuses,
  {expected_total: '123456789012345'},
  {expected_total: ['Ensure that there are no more than 14 digits before the decimal point.']},
)
test(
  refuses,
  {expected_total: '99999999999999.99'},
  {expected_total: ['Ensure this value is less than or equal to 90071992547409.91.']},
)
test(
  refuses,
  {items: 'x', currency: 'XYZ', expected_total: 'x'},
  {
    items: {non_field_errors: ['Expected a list of items but got type "str".']},
    currency: ['"XYZ" is not a valid choice.'],
    expected_total: noNumber,
  },
)

test('a product without a price in the currency is refused by position', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  await addProduct(shop.db, {id: 1})

  const {status, body} = await shop.send('PUT', '/orders/create/', {headers, json: {items, currency: 'EUR'}})

  t.is(status, 400)
  t.like(body, {code: 'invalid_order', items: [{product_id: ['Product 1 has no price in EUR.']}]})
})
