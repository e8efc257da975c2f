import type {IncomingMessage, ServerResponse} from 'node:http'

import {checkBooks} from '../helpers/books.ts'
import {startBuyers} from '../helpers/buyers.ts'
import {createDatabase} from '../helpers/database.ts'
import {findFreePort, startNginx} from '../helpers/nginx.ts'
import {isProblem, send, setUp, startApi, withNginx} from '../helpers/nginx-requests.ts'
import {spawnServe} from '../helpers/serve.ts'
import {until} from '../helpers/until.ts'

withNginx('a rolling restart of two replicas fails no request', async (t) => {
  const {db, url} = await createDatabase(t)
  const start = async (port: number) => {
    const shop = spawnServe(t, {DATABASE_URL: url}, ['--port', String(port)])
    await shop.url
    return {shop, port}
  }
  // A port that the system gives is given to others while its replica is restarted.
  const replicas = [await start(await findFreePort()), await start(await findFreePort())]
  const {port, readLog} = await startNginx(t, ...replicas.map(({port}) => port))
  const buyers = await startBuyers(t, {db, origin: `http://127.0.0.1:${port}`})
  const untilConfirmed = async () => {
    const before = buyers.confirmed()
    await until(async () => Promise.resolve(buyers.confirmed() >= before + 100))
  }

  for (const {shop, port} of replicas) {
    await untilConfirmed()
    shop.child.kill('SIGTERM')
    t.is(await shop.exitCode, 0)
    const {shop: successor} = await start(port)
    // nginx sends it requests again.
    await until(async () => Promise.resolve(successor.stdout().includes('"status":201')))
  }
  await untilConfirmed()

  const purchases = await buyers.stop()
  t.is(buyers.broken(), 0)
  t.deepEqual(new Set(purchases.map(({answer}) => answer?.status)), new Set([201]))
  // What a replica passed on, or could not take, went to the other one.
  t.regex(await readLog(), / 201 \d+ \S+ upstream=\S+(?: :|,) \S+ 50[24](?: :|,) 201 /)
  await checkBooks(t, db, purchases)
})

/** What the shop answers while it drains. */
function passOn(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['shop-pass-on'] === undefined) response.end('served')
  else response.writeHead(504, {'x-accel-redirect': '@no_other_replica', connection: 'close'}).end('passed on')
}

withNginx('a replica that drains passes requests on, once, and is left alone for a while', async (t) => {
  const [draining, serving] = [await startApi(t, passOn), await startApi(t, (_, response) => response.end('other'))]
  const {port} = await startNginx(t, draining.port, serving.port)

  for (let count = 0; count < 10; count++) {
    const method = count % 2 === 0 ? 'POST' : 'PUT'
    const {status, body} = await send(port, {method, path: '/orders/create/', body: `order ${count}`})
    t.like({status, body: body.toString()}, {status: 200, body: 'other'})
  }

  t.is(draining.received.length, 1)
  t.deepEqual(
    serving.received.map(({body}) => body),
    Array.from({length: 10}, (_, count) => `order ${count}`),
  )
})

withNginx('the only replica serves while it drains', async (t) => {
  const {port, received} = await setUp(t, passOn)

  for (const method of ['PUT', 'POST', 'GET']) {
    const {status, body} = await send(port, {
      method,
      path: '/orders/create/?a=1',
      body: method === 'GET' ? '' : 'order',
    })
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  t.deepEqual(
    received.map(({method, url, body}) => `${method} ${url} ${body}`),
    ['PUT', 'PUT', 'POST', 'POST', 'GET', 'GET'].map(
      (method) => `${method} /orders/create/?a=1 ${method === 'GET' ? '' : 'order'}`,
    ),
  )
})

withNginx('a replica that has just started serves while the other one drains', async (t) => {
  let isDraining = false
  const draining = await startApi(t, (request, response) => {
    if (isDraining) passOn(request, response)
    else response.end()
  })
  const reserved = await findFreePort()
  const {port} = await startNginx(t, reserved, draining.port)
  // Until it has found that the first replica refuses connections.
  for (let count = 0; count < 2; count++) await send(port)
  const started = await startApi(t, (_, response) => response.end('started'), reserved)
  isDraining = true

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'PUT', path: '/orders/create/', body: `order ${count}`})
    t.like({status, body: body.toString()}, {status: 200})
    t.regex(body.toString(), /^(?:started|served)$/)
  }

  const served = draining.received.filter(({method, headers}) => method === 'PUT' && !headers['shop-pass-on'])
  t.deepEqual(
    [...served, ...started.received].map(({body}) => body).sort(),
    Array.from({length: 10}, (_, count) => `order ${count}`),
  )
  t.true(started.received.length > 0)
})

withNginx('two replicas that drain at once serve', async (t) => {
  const replicas = [await startApi(t, passOn), await startApi(t, passOn)]
  const {port} = await startNginx(t, ...replicas.map((replica) => replica.port))

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'POST', path: '/orders/create/', body: 'order'})
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  const served = replicas.flatMap(({received}) => received).filter(({headers}) => !headers['shop-pass-on'])
  t.is(served.length, 10)
})

withNginx('the last replica serves while it drains and the other one has ended', async (t) => {
  const [ended, draining] = [await findFreePort(), await startApi(t, passOn)]
  const {port} = await startNginx(t, ended, draining.port)

  for (let count = 0; count < 10; count++) {
    const {status, body} = await send(port, {method: 'PUT', path: '/orders/create/', body: 'order'})
    t.like({status, body: body.toString()}, {status: 200, body: 'served'})
  }

  t.is(draining.received.filter(({headers}) => !headers['shop-pass-on']).length, 10)
})

withNginx('no replica at all is 502', async (t) => {
  const [one, other] = [await findFreePort(), await findFreePort()]
  const {port} = await startNginx(t, one, other)

  for (let count = 0; count < 3; count++) isProblem(t, await send(port), 502)
})
