import type {ServerResponse} from 'node:http'

import {addCaller, startShop} from '../helpers/http.ts'
import {startNginx, startNginxWith} from '../helpers/nginx.ts'
import {isProblem, send, setUp, withNginx} from '../helpers/nginx-requests.ts'
import {addProduct} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

withNginx('a client cannot choose the address that its failed logins count for', async (t) => {
  const shop = await startShop(t, {loginLimits: {accountTries: 20, addressTries: 2}})
  const {port} = await startNginx(t, Number(new URL(shop.origin).port))
  const fail = async (n: number) => {
    const headers = {'Content-Type': 'application/json', 'X-Forwarded-For': `203.0.113.${n}`}
    const body = JSON.stringify({username: `user-${n}`, password: 'x'})
    return (await send(port, {method: 'POST', path: '/auth/login/', headers, body})).status
  }

  t.deepEqual([await fail(1), await fail(2), await fail(3)], [400, 400, 429])
})

withNginx('a flood from one address is limited, and orders from another go on', async (t) => {
  const shop = await startShop(t)
  const {headers} = await addCaller(shop)
  const productId = await addProduct(shop.db, {stock: 100})
  const limits = {NGINX_REQUEST_RATE: '5r/s', NGINX_REQUEST_BURST: '20'}
  const {port} = await startNginxWith(t, limits, Number(new URL(shop.origin).port))
  const order = {
    method: 'PUT',
    path: '/orders/create/',
    headers: {...headers, 'Content-Type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  }

  const flood = Array.from({length: 300}, async () => send(port, {path: '/products/list/', from: '127.0.0.3'}))
  const orders = await Promise.all(Array.from({length: 20}, async () => send(port, {...order, from: '127.0.0.4'})))
  const answers = await Promise.all(flood)

  t.deepEqual(new Set(orders.map(({status}) => status)), new Set([201]))
  const refused = answers.filter(({status}) => status === 429)
  const served = answers.filter(({status}) => status === 200)
  t.is(refused.length + served.length, 300)
  // The burst, and what the rate allows during the seconds that this takes on a slow machine.
  t.true(served.length >= 21 && served.length < 150, `${served.length} were served`)
  const [problem] = refused
  if (!problem) return
  isProblem(t, problem, 429)
  t.is(problem.headers['retry-after'], '1')
})

withNginx('one address may have so many requests open at a time, and no more', async (t) => {
  const waiting: ServerResponse[] = []
  const {port} = await setUp(t, (_, response) => waiting.push(response), {NGINX_CONNECTIONS: '3'})

  const open = Array.from({length: 3}, async () => send(port, {from: '127.0.0.3'}))
  await until(async () => Promise.resolve(waiting.length === 3))
  const refused = await send(port, {from: '127.0.0.3'})
  const other = send(port, {from: '127.0.0.4'})
  await until(async () => Promise.resolve(waiting.length === 4))
  for (const response of waiting) response.end()

  isProblem(t, refused, 429)
  t.is(refused.headers['retry-after'], '1')
  t.deepEqual(
    (await Promise.all([...open, other])).map(({status}) => status),
    [200, 200, 200, 200],
  )
})

withNginx('the client is who a trusted proxy says, and limits count IPv6 networks', async (t) => {
  const {port, received} = await setUp(t, undefined, {
    ...{NGINX_TRUSTED_PROXY: '127.0.0.1', NGINX_REQUEST_RATE: '1r/m', NGINX_REQUEST_BURST: '1'},
  })
  const statusOf = async (client: string, from = '127.0.0.1') =>
    (await send(port, {from, headers: {'X-Forwarded-For': client}})).status

  for (const [first, neighbour, stranger] of [
    ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
    ['2001:db8:1:2:3::4', '2001:db8:1:2:ffff:1:2:3', '2001:db8:1:3::4'],
    ['2001:db8::1', '2001:db8::a:b:c', '2001:db8:0:1::1'],
  ] as const) {
    t.deepEqual(
      [await statusOf(first), await statusOf(neighbour), await statusOf(neighbour), await statusOf(stranger)],
      [200, 200, 429, 200],
      first,
    )
  }
  // Another proxy is not believed: all that come through it are one client.
  t.deepEqual([await statusOf('198.51.100.1', '127.0.0.2'), await statusOf('198.51.100.2', '127.0.0.2')], [200, 200])
  t.is(await statusOf('198.51.100.3', '127.0.0.2'), 429)
  t.is(received[0]?.headers['x-forwarded-for'], '203.0.113.7')
  t.is(received.at(-1)?.headers['x-forwarded-for'], '127.0.0.2')
})
