import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'

import test, {type ExecutionContext} from 'ava'

import {advisoryLock} from '../../src/db/locks.ts'
import {query} from '../../src/db/query.ts'
import {graceMs} from '../../src/http/listener.ts'
import {ask} from '../helpers/ask.ts'
import {addPrice} from '../helpers/catalogue.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {findFreePort} from '../helpers/nginx.ts'
import {startProxy} from '../helpers/proxy.ts'
import {spawnCommand, spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'
import {until, untilWaiting} from '../helpers/until.ts'
import {sendSignal, workerLines, workerPids} from '../helpers/workers.ts'

const workers = ['--workers', '2', '--port', '0']

type Stop = {signal: NodeJS.Signals; exitCode: number}
const stops: Stop[] = [
  {signal: 'SIGTERM', exitCode: 0},
  {signal: 'SIGINT', exitCode: 130},
]

test('another command says that it waits, and ends at once on SIGINT', async (t) => {
  const port = await listenSilently(t)
  const env = {DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d`, SHOP_DATABASE_WAIT: '600'}
  const list = spawnCommand(t, ['list-products'], env)
  await until(async () => Promise.resolve(list.stderr().includes('Press Ctrl-C to stop.')))

  list.child.kill('SIGINT')

  await list.exitCode
  t.is(list.child.signalCode, 'SIGINT')
  t.is(list.stderr(), `Waiting for PostgreSQL at 127.0.0.1:${port}: it does not answer. Press Ctrl-C to stop.\n`)
})

for (const {signal, exitCode} of stops) {
  test(`${signal} ends a server that waits for a database that refuses connections: ${exitCode}`, async (t) => {
    const port = await findFreePort()
    const shop = spawnServe(t, {DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d`, SHOP_DATABASE_WAIT: '600'})
    await until(async () => Promise.resolve(shop.stderr().includes('Press Ctrl-C to stop.')))

    shop.child.kill(signal)

    t.is(await shop.exitCode, exitCode)
    t.regex(shop.stderr(), new RegExp(`"Waiting for PostgreSQL at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`))
  })

  test(`${signal} ends a server that waits for a database that never answers: ${exitCode}`, async (t) => {
    const port = await listenSilently(t)
    const shop = spawnServe(t, {DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d`, SHOP_DATABASE_WAIT: '600'})
    await until(async () => Promise.resolve(shop.stderr().includes('Press Ctrl-C to stop.')))

    shop.child.kill(signal)

    t.is(await shop.exitCode, exitCode)
    t.regex(shop.stderr(), new RegExp(`"Waiting for PostgreSQL at 127\\.0\\.0\\.1:${port}: it does not answer`))
  })

  test(`${signal} ends a server that waits for another migration, which it says: ${exitCode}`, async (t) => {
    const {db, url} = await createEmptyDatabase(t)
    const other = await db.transaction()
    t.teardown(async () => other.rollback())
    await other.raw('select pg_advisory_xact_lock(?)', [advisoryLock.migrations])
    const shop = spawnServe(t, {DATABASE_URL: url})
    await untilWaiting(db)

    shop.child.kill(signal)

    t.is(await shop.exitCode, exitCode)
    t.is(JSON.parse(shop.stderr()).msg, 'Waiting for another process that migrates the database.')
    t.false(await db.schema.hasTable('products'))
  })
}

test('SIGTERM ends a server whose database has gone silent', async (t) => {
  const {url} = await createDatabase(t)
  let isSilent = false
  const silent = await startProxy(t, url, () => false, {forwards: () => !isSilent})
  const shop = spawnServe(t, {DATABASE_URL: silent})
  t.is((await ask(`${await shop.url}/products/list/`)).status, 200)
  isSilent = true
  const began = performance.now()

  shop.child.kill('SIGTERM')

  t.is(await shop.exitCode, 0)
  t.true(performance.now() - began < graceMs, 'it waited for the database')
})

test('a worker that hangs is replaced, and the other one goes on', async (t) => {
  const {url} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: url}, workers)
  await shop.url
  const [victim = 0, other = 0] = await workerPids(shop)

  sendSignal(victim, 'SIGSTOP')
  await until(async () => Promise.resolve(shop.stdout().includes('A replacement worker serves')))

  const pids = await workerPids(shop)
  t.is(pids.length, 2)
  t.true(pids.includes(other))
  t.false(pids.includes(victim))
  t.like(workerLines(shop)[0], {worker: victim, reason: 'It did not report that it is alive.'})
  shop.child.kill('SIGTERM')
  t.is(await shop.exitCode, 0)
})

test('a worker that takes long to load is not taken for one that hangs', async (t) => {
  const {url} = await createDatabase(t)
  const slow = 'process.env.NODE_UNIQUE_ID && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000)'
  const shop = spawnServe(
    t,
    {DATABASE_URL: url, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(slow)}`},
    workers,
  )

  t.is((await ask(`${await shop.url}/products/list/`)).status, 200)

  t.false(shop.stdout().includes('A worker ended'))
})

test('a list and an order agree on the price if the clock of the database is an hour behind that of the shop', async (t) => {
  const {db, url} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  const productId = await addProduct(db, {stock: 5, price: 100})
  // In effect for the process's clock alone.
  const [soon] = await query<{time: string}>(db, `select now() + interval '30 minutes' as time`)
  await addPrice(db, {productId, amount: 900, effectiveFrom: soon?.time ?? ''})
  const ahead = 'const now = Date.now; Date.now = () => now() + 3600000'
  const shop = spawnServe(t, {
    DATABASE_URL: url,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
  })
  const origin = await shop.url

  const list = await ask(`${origin}/products/list/`)
  const order = await ask(`${origin}/orders/create/`, {
    method: 'PUT',
    headers: {authorization: `Token ${token}`, 'content-type': 'application/json'},
    body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
  })

  t.is((list.body as {results: {price: string}[]}).results[0]?.price, '1.00')
  t.is((order.body as {total_price: string}).total_price, '1.00')
})

/** A server that accepts connections and says nothing. */
async function listenSilently(t: ExecutionContext): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
