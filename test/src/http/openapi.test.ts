import test from 'ava'
import type {Router} from 'express'

import {statuses} from '../../../src/http/problem-codes.ts'
import {addCaller, startShop} from '../../helpers/http.ts'
import {document, validateAnswer, validateAt} from '../../helpers/openapi.ts'

type Media = Record<string, {examples?: Record<string, {value: unknown}>}>

type DocumentedOperation = {
  operationId: string
  deprecated?: boolean
  parameters?: {in: string; name: string; required?: boolean}[]
  requestBody?: {content: Media}
  responses: Record<string, {content?: Media; headers?: object}>
}

const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, DocumentedOperation>).map(([method, operation]) => ({path, method, operation})),
)

test('the document has the paths that are routed, and no other', async (t) => {
  const {app} = await startShop(t)
  const {stack} = app.router as Router
  const routed = stack.flatMap(({route}) => (route ? [route.path as RegExp | string] : [])).map(toTemplate)

  t.true(routed.length > 0)
  t.deepEqual(routed.sort(), Object.keys(document.paths ?? {}).sort())
})

test('beside what is in the document, only the page that shows it is routed', async (t) => {
  const {app} = await startShop(t)
  const {stack} = app.router as Router
  const routers = stack.filter(({route}) => route === undefined).map(({handle}) => handle as Partial<Router>)
  const paths = routers.flatMap((router) => router.stack ?? []).map(({route}) => route?.path)

  t.deepEqual(
    paths.filter((path) => path?.startsWith('/docs') !== true),
    ['/'],
  )
  t.true(paths.includes('/docs/'))
})

/** A pattern of Express as OpenAPI writes it. */
function toTemplate(path: RegExp | string): string {
  if (typeof path === 'string') return path.includes('.') ? path : `${path}/`
  const parts = /^\^(.*)\\\/\?\$$/.exec(path.source)?.[1] ?? ''
  return `${parts.replaceAll('\\/', '/').replaceAll(/\(\?<(\w+)>\\d\+\)/g, '{$1}')}/`
}

test('the document has the methods that each path allows', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    if (path === '/healthcheck/heartbeat/') continue
    const answer = await shop.send('OPTIONS', path.replace('{id}', '1'), {headers})
    const allowed = (answer.headers.get('allow') ?? '').split(', ').filter((method) => !/HEAD|OPTIONS/.test(method))
    const documented = Object.keys(item as object).map((method) => method.toUpperCase())
    t.deepEqual(allowed, documented, `path ${path}`)
  }
})

test('each code that a client can be answered is in some operation, and no other is', (t) => {
  const described = new Set(
    operations.flatMap(({operation}) =>
      Object.values(operation.responses).flatMap(({content}) =>
        Object.keys(content?.['application/problem+json']?.examples ?? {}),
      ),
    ),
  )
  // Of a method that is no operation.
  const others = Object.keys(statuses).filter((code) => code !== 'method_not_allowed')
  t.deepEqual([...described].sort(), others.sort())
})

test('every body in the document has an example, and each holds to its schema', (t) => {
  let count = 0
  const check = (pointer: string[], content: Media = {}) => {
    for (const [type, {examples = {}}] of Object.entries(content)) {
      for (const [name, {value}] of Object.entries(examples)) {
        t.deepEqual(validateAt([...pointer, 'content', type, 'schema'], value), [], `${pointer.join(' ')} ${name}`)
        count++
      }
      // The document's own example would be itself.
      const least = pointer[1] === '/openapi.json' && pointer[4] === '200' ? 0 : 1
      t.true(Object.keys(examples).length >= least, `${pointer.join(' ')} ${type}`)
    }
  }

  for (const {path, method, operation} of operations) {
    check(['paths', path, method, 'requestBody'], operation.requestBody?.content)
    for (const [status, {content}] of Object.entries(operation.responses)) {
      check(['paths', path, method, 'responses', status], content)
    }
  }

  t.true(count > 100)
})

test('no operation asks for a parameter but the id in its path', (t) => {
  const required = operations.flatMap(({path, operation: {parameters = []}}) =>
    parameters
      .filter((parameter) => parameter.required)
      .map((parameter) => `${path} ${parameter.in} ${parameter.name}`),
  )
  t.deepEqual(required, ['/products/{id}/ path id', '/orders/{id}/ path id', '/orders/{id}/cancel/ path id'])
})

test('GET /openapi.json is the document, without a token, and 304 for who has it', async (t) => {
  const shop = await startShop(t)
  const {status, headers, body} = await shop.send('GET', '/openapi.json')
  const tag = headers.get('etag') ?? ''
  const again = await shop.send('GET', '/openapi.json', {headers: {'if-none-match': tag}})

  t.is(status, 200)
  t.is(headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(headers.get('cache-control'), 'no-cache')
  t.deepEqual(body, JSON.parse(JSON.stringify(document)))
  t.like(body, {openapi: '3.1.0', servers: [{url: '/'}]})
  t.is(again.status, 304)
})

test('old addresses are marked as deprecated, and every answer there says so, errors included', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const old = operations.filter(({operation}) => operation.deprecated)
  t.deepEqual(
    old.map(({path}) => path),
    ['/order/create/', '/order/history/'],
  )

  for (const {path} of old) {
    const successor = path.replace('/order/', '/orders/')
    const answers = await Promise.all([
      shop.send('GET', path, {headers}),
      shop.send('PUT', path.slice(0, -1), {headers, json: {items: []}}),
      shop.send('GET', path),
      shop.send('GET', `${path}?page=9`, {headers}),
      shop.send('DELETE', path, {headers}),
      shop.send('OPTIONS', path, {headers}),
      shop.send('GET', path, {headers: {accept: 'application/xml'}}),
    ])
    for (const answer of answers) {
      t.is(answer.headers.get('deprecation'), `@${Date.UTC(2026, 10, 24) / 1000}`)
      t.is(answer.headers.get('link'), `<${successor}>; rel="successor-version"`)
    }
    const now = await shop.send('GET', successor, {headers})
    t.is(now.headers.get('deprecation'), null)
    t.is(now.headers.get('link'), null)
  }
})

test('answers are held against the document', async (t) => {
  const shop = await startShop(t)
  const good = {status: 200, contentType: 'application/json', body: {token: 'a'.repeat(40), expires_at: shop.errors}}

  t.deepEqual(validateAnswer('POST', '/auth/login', good), ['/expires_at must be string'])
  t.deepEqual(validateAnswer('POST', '/auth/login', {...good, status: 201}), ['POST /auth/login/ has no 201'])
  t.deepEqual(validateAnswer('POST', '/auth/login', {...good, contentType: 'text/html'}), [
    '200 has no body of the type "text/html"',
  ])
  t.deepEqual(
    validateAnswer('POST', '/auth/login/?x', {
      ...good,
      body: {token: 'a'.repeat(40), expires_at: '2026-11-24T10:59:16.067270Z', more: 1},
    }),
    [' must NOT have additional properties'],
  )
  t.deepEqual(validateAnswer('GET', '/healthcheck/heartbeat', {status: 200, body: 'x'}), ['200 has a body'])
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/orders/x/'],
    ['DELETE', '/orders/history/'],
    ['DELETE', '/products/list/'],
    ['GET', '/orders/7'],
    ['HEAD', '/products/list/'],
    ['OPTIONS', '/products/list/'],
    ['PROPFIND', '/healthcheck/heartbeat/'],
  ] as const) {
    const {status, headers, body} = await shop.send(method, path)
    const answer = {status, contentType: headers.get('content-type'), body}
    t.deepEqual(validateAnswer(method, path, answer), [], `${method} ${path}`)
    t.not(validateAnswer(method, path, {...answer, status: 418}).length, 0, `${method} ${path} as 418`)
  }
})
