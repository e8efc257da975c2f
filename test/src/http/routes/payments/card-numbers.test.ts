import test from 'ava'

import {hasCardNumber} from '../../../../../src/http/drf/card-numbers.ts'
import {addCaller, startShop} from '../../../../helpers/http.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'
import {stockOf} from '../../../../helpers/shop.ts'

const card = '4242424242424242'

test('what looks like a card number is found in any text', (t) => {
  for (const text of [
    card,
    `"card": ${card}, "cvc": 123`,
    'exp 12/26 4242 4242 4242 4242 123',
    '5555-5555-5555-4444',
    '3782 822463 10005',
    '30569309025904',
    '6304000000000000000',
  ]) {
    t.true(hasCardNumber(text), `text ${text}`)
  }
})

test('ids, times, amounts and numbers with another check digit are not taken for a card number', (t) => {
  for (const text of [
    '4242424242424241',
    `1${card}`,
    `${card}00000`,
    '1732614078123',
    '424242424242',
    '42424242.42424242',
    '0b8e7a9c-5b0e-4d8a-9a86-3f3c2f1d7c10',
    '4242,4242,4242,4242',
  ]) {
    t.false(hasCardNumber(text), `text ${text}`)
  }
})

test('a body with a card number is refused, and no log has the number', async (t) => {
  const lines: object[] = []
  const keep = (fields: object) => lines.push(fields)
  const log = {info: keep, warn: keep, error: keep}
  const {shop, db, calls, anna, productId, method} = await startPaidShop(t, {log})
  await method(anna, 'ok')
  const items = [{product_id: productId, quantity: 1}]
  const form = new URLSearchParams({'items[0]product_id': String(productId), note: '4242 4242 4242 4242'})
  const escaped = new Blob([`{"card": "\\u0034${card.slice(1)}"}`], {type: 'application/json'})
  const multipart = new FormData()
  multipart.set('setup', card)

  for (const [name, path, body] of [
    ['PUT', '/orders/create/', {json: {items, payment_method: card}}],
    ['PUT', '/orders/create/', {json: {items, payment_method: 'default', card: Number(card)}}],
    ['PUT', '/orders/create/', {json: {items, source: {number: '4242-4242-4242-4242'}}}],
    ['PUT', '/orders/create/', {body: escaped}],
    ['PUT', '/orders/create/', {body: form}],
    ['POST', '/basket/checkout/', {json: {return_url: `https://shop.example/?card=${card}`}}],
    ['POST', '/payment-methods/', {json: {setup: card}}],
    ['POST', '/payment-methods/', {body: multipart}],
    ['POST', '/payment-methods/setup/', {json: {card: {number: card}}}],
  ] as const) {
    const answer = await shop.send(name, path, {headers: anna.headers, ...body})
    t.like(answer, {status: 400, body: {code: 'card_number'}}, `${name} ${path}`)
    t.false(hasCardNumber(JSON.stringify(answer.body)))
  }
  t.is(lines.length, 9)
  t.false(hasCardNumber(JSON.stringify(lines)))
  t.deepEqual(calls, [])
  t.is(await stockOf(db, productId), 10)
})

test('a shop without payments takes no notice of unknown members', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const {body} = await shop.send('PUT', '/orders/create/', {headers, json: {items: [], card, payment_method: 'x'}})
  t.is(body.code, 'invalid_order')
  t.is((await shop.send('GET', '/payment-methods/', {headers})).status, 404)
})
