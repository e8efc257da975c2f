import {once} from 'node:events'
import {connect} from 'node:net'
import {buffer} from 'node:stream/consumers'

import test from 'ava'

import {startShop} from '../../../helpers/http.ts'
import {send} from '../../../helpers/send.ts'
import {until} from '../../../helpers/until.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

for (const id of ['a', 'A-z_0.9', '5d1d5f4c-6a3e-4c39-9d3b-3f0b9d2b8f52', 'x'.repeat(128)]) {
  test(`"${id.slice(0, 40)}" is the request's id in the answer, the log and the problem`, async (t) => {
    const shop = await startShop(t)

    const reply = await send({method: 'GET', url: `${shop.origin}/products/7/`, headers: {'X-Request-Id': id}})

    t.is(reply?.headers['x-request-id'], id)
    t.like(reply?.body, {code: 'unknown_product', request_id: id})
    await until(async () => Promise.resolve(shop.lines.length > 0))
    t.like(shop.lines[0], {level: 'warn', path: '/products/7/', status: 404, code: 'unknown_product', request_id: id})
  })
}

for (const id of ['', 'a b', 'ä', '<b>', 'a"b', 'a;b', "a'--", 'a*/b', 'a,b', 'a/../b', '%0d%0a', 'x'.repeat(129)]) {
  test(`"${id.slice(0, 40)}" is not an id, and the request gets another`, async (t) => {
    const shop = await startShop(t)

    const reply = await send({
      method: 'GET',
      url: `${shop.origin}/products/list/`,
      headers: {'X-Request-Id': Buffer.from(id).toString('latin1')},
    })

    t.regex(String(reply?.headers['x-request-id']), uuid)
    await until(async () => Promise.resolve(shop.lines.length > 0))
    t.like(shop.lines[0], {level: 'info', status: 200, request_id: reply?.headers['x-request-id']})
  })
}

test('two ids are none', async (t) => {
  const shop = await startShop(t)
  const {headers} = await shop.send('GET', '/products/list/', {
    headers: [
      ['x-request-id', 'a'],
      ['x-request-id', 'b'],
    ],
  })
  t.regex(headers.get('x-request-id') ?? '', uuid)
})

test('a failure is logged as an error under the id that the client gets, and the line of its request, too', async (t) => {
  const shop = await startShop(t, {findTokenUser: async () => Promise.reject(new Error('The shop has a bug.'))})

  const {status, headers} = await shop.send('GET', '/products/list/', {
    headers: {authorization: 'Token x', 'x-request-id': 'mine'},
  })

  t.is(status, 500)
  t.is(headers.get('x-request-id'), 'mine')
  await until(async () => Promise.resolve(shop.lines.length > 1))
  t.like(shop.lines[0], {level: 'error', request_id: 'mine', err: {message: 'The shop has a bug.'}})
  t.like(shop.lines[1], {level: 'error', request_id: 'mine', status: 500, code: 'internal_error'})
})

const refusals: [title: string, request: string, status: number, code: string, id: RegExp][] = [
  ['that is not HTTP', 'nonsense\r\n\r\n', 400, 'bad_request', uuid],
  ['whose headers are too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large', uuid],
  ['without a Host', 'GET / HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n', 400, 'bad_request', /^mine$/],
  [
    'whose body breaks off',
    'POST /auth/login/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nz',
    400,
    'bad_request',
    /^mine$/,
  ],
]

for (const [title, request, status, code, id] of refusals) {
  test(`the refusal of a request ${title} is in the log, with the id of the answer`, async (t) => {
    const shop = await startShop(t)
    const socket = connect(Number(new URL(shop.origin).port), '127.0.0.1')
    await once(socket, 'connect')

    socket.write(request)
    const answer = (await buffer(socket)).toString()

    const given = /\r\nX-Request-Id: (\S+)\r\n/.exec(answer)?.[1] ?? ''
    t.regex(given, id)
    t.true(answer.includes(`"code":"${code}","request_id":"${given}"`))
    await until(async () => Promise.resolve(shop.lines.some((line) => line.code === code)))
    t.like(
      shop.lines.find((line) => line.code === code),
      {level: 'warn', status, request_id: given},
    )
  })
}
