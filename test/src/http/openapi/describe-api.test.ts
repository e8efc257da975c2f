import test, {type ExecutionContext} from 'ava'
import type {Router} from 'express'

import {problems} from '../../../../src/http/problems/problems.ts'
import {addCaller, type Answer, startShop, type TestShop} from '../../../helpers/http.ts'
import {type Api, api, document, paidApi} from '../../../helpers/openapi.ts'
import {startPaidShop} from '../../../helpers/paid-shop.ts'
import {checkAnswer, validateAnswer} from '../../../helpers/validate-answer.ts'

type Media = Record<string, {examples?: Record<string, {value: unknown}>}>

type DocumentedOperation = {
  operationId: string
  deprecated?: boolean
  parameters?: {in: string; name: string; required?: boolean}[]
  requestBody?: {content: Media}
  responses: Record<string, {content?: Media; headers?: object}>
}

type Described = {path: string; method: string; operation: DocumentedOperation}

function operationsOf({document}: Api): Described[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, DocumentedOperation>).map(([method, operation]) => ({
      path,
      method,
      operation,
    })),
  )
}

const operations = operationsOf(api)

type Start = (t: ExecutionContext) => Promise<TestShop>

const takingPayments: Start = async (t) => (await startPaidShop(t)).shop

const hasItsPaths = test.macro<[Api, Start]>(async (t, {document}, start) => {
  const {app} = await start(t)
  const {stack} = app.router as Router
  const routed = stack.flatMap(({route}) => (route ? [route.path as RegExp | string] : [])).map(toTemplate)

  t.true(routed.length > 0)
  t.deepEqual(routed.sort(), Object.keys(document.paths ?? {}).sort())
})

test('the document has exactly the paths that are routed', hasItsPaths, api, startShop)
test('with payments, the document has exactly the paths that are routed', hasItsPaths, paidApi(), takingPayments)

test('apart from the paths in the document, only the docs page is routed', async (t) => {
  const {app} = await startShop(t)
  const {stack} = app.router as Router
  const routers = stack.filter(({route}) => route === undefined).map(({handle}) => handle as Partial<Router>)
  const paths = routers.flatMap((router) => router.stack ?? []).flatMap(({route}) => route?.path ?? [])

  t.deepEqual(
    paths.filter((path) => !path.startsWith('/docs')),
    ['/'],
  )
  t.true(paths.includes('/docs/'))
})

/** An Express path pattern in OpenAPI notation. */
function toTemplate(path: RegExp | string): string {
  if (typeof path === 'string') return path.includes('.') ? path : `${path}/`
  const parts = /^\^(.*)\\\/\?\$$/.exec(path.source)?.[1] ?? ''
  return `${parts.replaceAll('\\/', '/').replaceAll(/\(\?<(\w+)>\\[dw]\+\)/g, '{$1}')}/`
}

const hasItsMethods = test.macro<[Api, Start]>(async (t, {document}, start) => {
  const shop = await start(t)
  const {headers} = await addCaller(shop)
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    if (path === '/healthcheck/heartbeat/') continue
    const answer = await shop.send('OPTIONS', path.replace('{provider}', 'test').replace(/\{\w+\}/, '1'), {headers})
    const allowed = (answer.headers.get('allow') ?? '').split(', ').filter((method) => !/HEAD|OPTIONS/.test(method))
    const documented = Object.keys(item as object).map((method) => method.toUpperCase())
    t.deepEqual(allowed, documented, `path ${path}`)
  }
})

test('the document has exactly the methods that each path allows', hasItsMethods, api, startShop)
test(
  'with payments, the document has exactly the methods that each path allows',
  hasItsMethods,
  paidApi(),
  takingPayments,
)

test('every problem code is in some operation, and no other code is', (t) => {
  const described = new Set(
    [...operations, ...operationsOf(paidApi())].flatMap(({operation}) =>
      Object.values(operation.responses).flatMap(({content}) =>
        Object.keys(content?.['application/problem+json']?.examples ?? {}),
      ),
    ),
  )
  // They belong to methods that are not operations, and to what never becomes a request.
  const early = ['method_not_allowed', 'headers_too_large', 'request_timeout', 'too_many_connections']
  const others = Object.keys(problems).filter((code) => !early.includes(code))
  t.deepEqual([...described].sort(), others.sort())
})

const hasExamples = test.macro<[Api]>((t, described) => {
  const {validateAt} = described
  let count = 0
  const check = (pointer: string[], content: Media = {}) => {
    for (const [type, {examples = {}}] of Object.entries(content)) {
      for (const [name, {value}] of Object.entries(examples)) {
        t.deepEqual(validateAt([...pointer, 'content', type, 'schema'], value), [], `${pointer.join(' ')} ${name}`)
        count++
      }
      // An example of the document would be the document itself.
      const least = pointer[1] === '/openapi.json' && pointer[4] === '200' ? 0 : 1
      t.true(Object.keys(examples).length >= least, `${pointer.join(' ')} ${type}`)
    }
  }

  for (const {path, method, operation} of operationsOf(described)) {
    check(['paths', path, method, 'requestBody'], operation.requestBody?.content)
    for (const [status, {content}] of Object.entries(operation.responses)) {
      check(['paths', path, method, 'responses', status], content)
    }
  }

  t.true(count > 100)
})

test('every body in the document has an example that matches its schema', hasExamples, api)
test('with payments, every body in the document has an example that matches its schema', hasExamples, paidApi())

test('a shop without payments describes none of them', (t) => {
  t.notRegex(JSON.stringify(document), /payment_(method|status)|webhook|card_number/)
  t.regex(JSON.stringify(paidApi().document), /payment_method/)
})

test('the only required parameters are ids in paths', (t) => {
  const required = operations.flatMap(({path, operation: {parameters = []}}) =>
    parameters
      .filter((parameter) => parameter.required)
      .map((parameter) => `${path} ${parameter.in} ${parameter.name}`),
  )
  t.deepEqual(required, [
    '/products/{id}/ path id',
    '/basket/items/{product_id}/ path product_id',
    '/basket/items/{product_id}/ path product_id',
    '/orders/{id}/ path id',
    '/orders/{id}/cancel/ path id',
  ])
})

test('GET /openapi.json returns the document without a token, and 304 to a client that has it', async (t) => {
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

test('old addresses are marked as deprecated, and so is every answer there, including errors', async (t) => {
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

test('answers are checked against the document', (t) => {
  const type = (value: string) => new Headers({'content-type': value, 'cache-control': 'no-store'})
  const body = {token: 'a'.repeat(40), expires_at: '2026-11-24T10:59:16.067270Z'}
  const good = {status: 200, headers: type('application/json'), body}
  const login = (answer: object) => validateAnswer('POST', '/auth/login?x', {...good, ...answer})

  t.deepEqual(login({}), [])
  t.deepEqual(login({body: {...body, expires_at: undefined}}), [" must have required property 'expires_at'"])
  t.deepEqual(login({body: {...body, expires_at: 1}}), ['/expires_at must be string'])
  t.deepEqual(login({body: {...body, more: 1}}), [' must NOT have additional properties'])
  t.deepEqual(login({status: 201}), ['POST /auth/login/ has no 201'])
  t.deepEqual(login({headers: type('text/html')}), ['200 has no body of the type "text/html"'])
  const noBody = {status: 200, headers: new Headers(), body: 'x'}
  t.deepEqual(validateAnswer('GET', '/healthcheck/heartbeat', noBody), ['200 has a body'])
  t.throws(
    () => {
      checkAnswer('GET', '/products/list/?page=2', {...good, status: 418})
    },
    {message: /^GET \/products\/list\/\?page=2 was answered 418, .*: GET \/products\/list\/ has no 418\n\{"token"/},
  )
})

test('the headers that clients act upon are checked against the document', async (t) => {
  const shop = await startShop(t)
  const {status, headers, body} = withRequestId(await shop.send('GET', '/order/history/'))
  const validate = (change: (headers: Headers) => void) => {
    const changed = new Headers(headers)
    change(changed)
    return validateAnswer('GET', '/order/history/', {status, headers: changed, body})
  }

  t.is(status, 401)
  for (const name of ['Deprecation', 'Link', 'WWW-Authenticate']) {
    t.deepEqual(
      validate((changed) => {
        changed.delete(name)
      }),
      [`has no ${name}`],
    )
  }
  t.deepEqual(
    validate((changed) => {
      changed.set('www-authenticate', 'Basic')
    }),
    ['WWW-Authenticate must be equal to constant'],
  )
  t.deepEqual(
    validate((changed) => {
      changed.set('retry-after', '5')
    }),
    ['has retry-after, which is not described'],
  )
})

test('answers at undescribed paths and to undescribed methods are checked', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/orders/x/'],
    ['DELETE', '/order/history/'],
    ['DELETE', '/products/list/'],
    ['GET', '/orders/7'],
    ['HEAD', '/products/list/'],
    ['OPTIONS', '/products/list/'],
    ['PROPFIND', '/healthcheck/heartbeat/'],
  ] as const) {
    const answer = withRequestId(await shop.send(method, path, {headers}))
    t.deepEqual(validateAnswer(method, path, answer), [], `${method} ${path}`)
    t.not(validateAnswer(method, path, {...answer, status: 418}).length, 0, `${method} ${path} as 418`)
    const isAllowed = answer.headers.has('allow')
    t.is(validateAnswer(method, path, {...answer, headers: new Headers()}).includes('has no allow'), isAllowed)
  }
})

/** `ask` has taken it out. */
function withRequestId(answer: Answer): Answer {
  if (answer.body === '' || answer.status < 400) return answer
  return {...answer, body: {...answer.body, request_id: answer.headers.get('x-request-id')}}
}
