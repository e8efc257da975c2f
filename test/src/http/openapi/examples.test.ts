import test from 'ava'

import {loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {type Answer, startShop, type TestShop} from '../../../helpers/http.ts'
import {document, findTemplate} from '../../../helpers/openapi.ts'

const authorization = 'Token 3aa905c8b99b518e889df6fc02ec80dca142054e'
const credentials = {username: 'matt', password: 'jackson'}
const bread = {product_id: 6, quantity: 1}

type Operations = Record<
  string,
  {responses: Record<string, {content: Record<string, {examples: Record<string, {value: unknown}>}>}>} | undefined
>

/** The documented example of an answer, by its name or by the code of the problem. */
function documented(method: string, path: string, {status, headers}: Answer, name: string): unknown {
  const template = findTemplate(path) ?? ''
  const [type = ''] = (headers.get('content-type') ?? '').split(';', 1)
  const operations = document.paths?.[template] as Operations
  return operations[method.toLowerCase()]?.responses[String(status)]?.content[type]?.examples[name]?.value
}

/** Replaces times, random tokens and the host, and leaves out ids of requests, which differ from one shop to another. */
function withoutChance(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/"[0-9a-f]{40}"/g, '"TOKEN"')
      .replace(/,"request_id":"[^"]+"/, '')
      .replaceAll(/http:\/\/[^/]+/g, 'HOST'),
  )
}

type Step = [example: string, method: string, path: string, options: Parameters<TestShop['send']>[2]]

const order = (json: object): Step[3] => ({json, headers: {authorization}})
const mine = {headers: {authorization}}

const steps: Step[] = [
  ['token', 'POST', '/auth/login/', {json: credentials}],
  ['login_failed', 'POST', '/auth/login/', {json: {...credentials, password: 'x'}}],
  ['two of 42', 'GET', '/products/list/?page_size=2', {}],
  ['sourdough', 'GET', '/products/6/', {}],
  ['invalid_cursor', 'GET', '/products/list/?cursor=x', {}],
  ['invalid_page', 'GET', '/products/list/?page=99', {}],
  ['invalid_token', 'GET', '/products/list/', {headers: {authorization: 'Token x'}}],
  ['not_acceptable', 'GET', '/products/list/', {headers: {accept: 'text/plain'}}],
  ['unknown_product', 'GET', '/products/999/', {}],
  ['placed', 'PUT', '/orders/create/', order({items: [bread]})],
  ['the only order', 'GET', '/orders/history/', mine],
  ['placed', 'GET', '/orders/1/', mine],
  ['cancelled', 'POST', '/orders/1/cancel/', mine],
  ['order_cancelled', 'POST', '/orders/1/cancel/', mine],
  ['unknown_order', 'GET', '/orders/7/', mine],
  ['not_authenticated', 'GET', '/orders/1/', {}],
  ['invalid', 'PUT', '/orders/create/', order({items: [{...bread, quantity: 'x'}]})],
  ['invalid_order', 'PUT', '/orders/create/', order({items: [{...bread, product_id: 999}]})],
  ['out_of_stock', 'PUT', '/orders/create/', order({items: [{...bread, quantity: 1_000_000}]})],
  ['total_mismatch', 'PUT', '/orders/create/', order({items: [bread], expected_total: '1.00'})],
  ['parse_error', 'PUT', '/orders/create/', {body: '{', headers: {authorization, 'content-type': 'application/json'}}],
  [
    'unsupported_media_type',
    'PUT',
    '/orders/create/',
    {body: '{}', headers: {authorization, 'content-type': 'text/plain'}},
  ],
  [
    'invalid_idempotency_key',
    'PUT',
    '/orders/create/',
    {json: {items: [bread]}, headers: {authorization, 'idempotency-key': 'x'.repeat(256)}},
  ],
]

const stale = {headers: {authorization, 'if-match': '"0"'}}

/** They start with a shop of their own, where the first basket and order have the id 1. */
const basketSteps: Step[] = [
  ['none', 'GET', '/basket/', mine],
  ['two breads', 'POST', '/basket/items/', order({items: [{...bread, quantity: 2}]})],
  ['two breads', 'GET', '/basket/', mine],
  ['extended', 'POST', '/basket/hold/', mine],
  ['basket_changed', 'DELETE', '/basket/', stale],
  ['unknown_product', 'PUT', '/basket/items/999/', order({quantity: 1})],
  ['unknown_basket', 'POST', '/basket/checkout/', order({basket: 999})],
  ['ordered', 'POST', '/basket/checkout/', order({basket: 1, expected_total: '8.50'})],
]

const emptyingSteps: Step[] = [
  ['two breads', 'PUT', '/basket/items/6/', order({quantity: 2})],
  ['empty', 'DELETE', '/basket/items/6/', mine],
]

const clearingSteps: Step[] = [
  ['two breads', 'PUT', '/basket/items/6/', order({quantity: 2})],
  ['empty', 'DELETE', '/basket/', mine],
]

const answersAsDescribed = test.macro<[Step[]]>(async (t, steps) => {
  const shop = await startShop(t)
  await loadDemo(shop.db, cheapBcrypt)

  for (const [name, method, path, options] of steps) {
    const answer = await shop.send(method, path, options)
    const example = documented(method, path, answer, name)
    t.deepEqual(withoutChance(answer.body), withoutChance(example ?? null), `${method} ${path}: ${name}`)
  }
})

test('a shop with the demo fixture answers as the examples of the document say', answersAsDescribed, steps)
test('a basket that is filled and ordered is answered like its examples', answersAsDescribed, basketSteps)
test('a basket that is emptied item by item is answered like its examples', answersAsDescribed, emptyingSteps)
test('a basket that is emptied at once is answered like its examples', answersAsDescribed, clearingSteps)

test('the example requests of the document succeed, as JSON and as forms', async (t) => {
  const shop = await startShop(t)
  await loadDemo(shop.db, cheapBcrypt)
  const paths = document.paths ?? {}
  const bodies = [
    ['POST', '/auth/login/', 200],
    ['PUT', '/orders/create/', 201],
    ['POST', '/basket/items/', 200],
    ['PUT', '/basket/items/{product_id}/', 200],
    ['POST', '/basket/checkout/', 201],
  ] as const

  for (const [method, path, status] of bodies) {
    const {requestBody} = (paths[path] as Record<string, {requestBody: {content: Content}}>)[method.toLowerCase()] ?? {}
    for (const [type, {examples}] of Object.entries(requestBody?.content ?? {})) {
      for (const [name, {value}] of Object.entries(examples)) {
        const body = type === 'application/json' ? {json: value} : {body: toForm(type, value)}
        // A checkout needs something in the basket.
        if (path === '/basket/checkout/') await shop.send('PUT', '/basket/items/6/', order({quantity: 2}))
        const headers = path === '/auth/login/' ? {} : {authorization}
        const answer = await shop.send(method, path.replace(/\{\w+\}/, '6'), {...body, headers})
        t.is(answer.status, status, `${path} ${type}: ${name}`)
      }
    }
  }
})

type Content = Record<string, {examples: Record<string, {value: Record<string, string>}>}>

function toForm(type: string, fields: Record<string, string>): FormData | URLSearchParams {
  const form = type === 'multipart/form-data' ? new FormData() : new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}
