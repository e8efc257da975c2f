import {once} from 'node:events'
import {Agent} from 'node:http'
import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {graceMs} from '../../src/http/listener.ts'
import {ask} from '../helpers/ask.ts'
import {createDatabase, createEmptyDatabase} from '../helpers/database.ts'
import {startProxy} from '../helpers/proxy.ts'
import {send} from '../helpers/send.ts'
import {addProduct, addToken, addUser, stockOf} from '../helpers/shop.ts'
import {type ServeProcess, spawnServe} from '../helpers/serve.ts'
import {until, untilRefused, untilWaiting} from '../helpers/until.ts'
import {sendSignal, workerLines, workerPids} from '../helpers/workers.ts'
import {createDataDir, nothingRuns} from '../src/db/embedded/helpers.ts'

const two = ['--workers', '2', '--port', '0']

test.serial('two workers share a port and an embedded database, and leave no process behind', async (t) => {
  const dataDir = await createDataDir(t)
  const shop = spawnServe(t, {SHOP_DATA_DIR: dataDir}, [...two, '--demo'])
  const url = await shop.url

  const answers = await Promise.all(Array.from({length: 20}, async () => ask(`${url}/products/list/`)))
  const counts = answers.map(({body}) => (body as {count: number}).count)
  const workers = await workerPids(shop)
  shop.child.kill('SIGTERM')

  t.is(await shop.exitCode, 0)
  t.is(workers.length, 2)
  t.is(new Set(counts).size, 1)
  t.is(shop.stderr().match(/Migrated the database/g)?.length, 1)
  t.is(shop.stderr().match(/Loaded the demo fixture/g)?.length, 1)
  t.is(shop.stderr().match(/The shop listens on/g)?.length, 1)
  t.is(shop.stdout().match(/"path":"\/products\/list\/"/g)?.length, 20)
  await nothingRuns(dataDir)
})

test.serial('killing the primary with SIGKILL also ends its workers and the embedded database', async (t) => {
  const dataDir = await createDataDir(t)
  const shop = spawnServe(t, {SHOP_DATA_DIR: dataDir}, two)
  await shop.url

  shop.child.kill('SIGKILL')

  // The output ends when the last process that writes to it has ended.
  t.is(await shop.exitCode, null)
  await nothingRuns(dataDir)
})

test.serial('with one worker, the process itself serves', async (t) => {
  const {url: database} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database, SHOP_WORKERS: '2'}, ['--workers', '1', '--port', '0'])
  await shop.url
  t.deepEqual(await workerPids(shop), [])
})

test.serial('SHOP_WORKERS=auto serves', async (t) => {
  const {url: database} = await createEmptyDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database, SHOP_WORKERS: 'auto'})
  t.is((await ask(`${await shop.url}/products/list/`)).status, 200)
})

type Stop = {signal: NodeJS.Signals; isGroup?: boolean; exitCode: number | null}

const finishes = test.macro<[Stop]>({
  async exec(t, {signal, isGroup = false, exitCode}) {
    const {shop, url, order, release, stock} = await startOrder(t, {isGroup})
    sendSignal(isGroup ? -(shop.child.pid ?? 0) : (shop.child.pid ?? 0), signal)
    await untilRefused(url)
    await release()

    t.is(await order, 201)
    t.is(await shop.exitCode, exitCode)
    t.is(await stock(), 4)
  },
  title: (title = '') => `an order in flight finishes and is confirmed: ${title}`,
})

test.serial('SIGTERM to the primary', finishes, {signal: 'SIGTERM', exitCode: 0})
test.serial('SIGINT to all processes, as Ctrl-C sends it', finishes, {signal: 'SIGINT', isGroup: true, exitCode: 0})
test.serial('SIGTERM to all processes, as systemd sends it', finishes, {signal: 'SIGTERM', isGroup: true, exitCode: 0})
test.serial('SIGKILL to the primary', finishes, {signal: 'SIGKILL', exitCode: null})

test.serial(
  'SIGTERM to the primary: a request on a connection that was idle is answered, and the connection closed',
  async (t) => {
    const {url: database} = await createDatabase(t)
    const shop = spawnServe(t, {DATABASE_URL: database}, two)
    const origin = await shop.url
    const agent = new Agent({keepAlive: true, maxSockets: 1})
    const list = {agent, method: 'GET', url: `${origin}/products/list/`}
    t.is((await send(list))?.status, 200)

    shop.child.kill('SIGTERM')
    await untilRefused(origin)

    const reply = await send(list)
    t.is(reply?.status, 200)
    t.is(reply?.headers.connection, 'close')
    t.is(await shop.exitCode, 0)
  },
)

test.serial('a second Ctrl-C ends all processes at once', async (t) => {
  const {shop, url, order, release, stock} = await startOrder(t, {isGroup: true})
  sendSignal(-(shop.child.pid ?? 0), 'SIGINT')
  await untilRefused(url)
  const ended = shop.exitCode.then(() => true)
  await until(async () => {
    sendSignal(-(shop.child.pid ?? 0), 'SIGINT')
    return Promise.race([ended, delay(50, false)])
  })

  t.is(await shop.exitCode, null)
  t.is(await order, 'broken')
  await release()
  t.is(await stock(), 5)
})

test.serial('a second SIGTERM ends the primary at once, and its workers finish without complaint', async (t) => {
  const {shop, url, order, release, stock} = await startOrder(t)
  shop.child.kill('SIGTERM')
  await untilRefused(url)
  shop.child.kill('SIGTERM')
  await once(shop.child, 'exit')
  await release()

  t.is(await order, 201)
  // The output ends when the last process that writes to it has ended.
  t.is(await shop.exitCode, null)
  t.notRegex(shop.stderr(), /^ +at /m)
  t.is(await stock(), 4)
})

test.serial('workers whose database has gone silent end soon after SIGTERM', async (t) => {
  const {url} = await createDatabase(t)
  const network = {isSilent: false}
  const database = await startProxy(t, url, () => false, {forwards: () => !network.isSilent})
  const shop = spawnServe(t, {DATABASE_URL: database}, two)
  const origin = await shop.url
  t.is((await ask(`${origin}/products/list/`)).status, 200)

  network.isSilent = true
  const began = performance.now()
  shop.child.kill('SIGTERM')

  t.is(await shop.exitCode, 0)
  t.true(performance.now() - began < 5000)
})

test.serial('workers killed all at once are replaced on the same port', async (t) => {
  const {url: database} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database}, two)
  const url = await shop.url
  const killed = await workerPids(shop)

  for (const pid of killed) sendSignal(pid, 'SIGKILL')

  await until(async () => Promise.resolve(returned(shop).length === 2))
  t.deepEqual(
    returned(shop).map((line) => line.url),
    [url, url],
  )
  t.is((await ask(`${url}/products/list/`)).status, 200)
  const pids = await workerPids(shop)
  t.is(pids.length, 2)
  t.false(pids.some((pid) => killed.includes(pid)))
})

test.serial(
  'a worker that keeps dying is replaced at once, then after growing pauses, which SIGTERM cuts short',
  async (t) => {
    const {url: database} = await createDatabase(t)
    const shop = spawnServe(t, {DATABASE_URL: database}, two)
    await shop.url
    const ends = () => workerLines(shop).filter(({msg}) => msg.startsWith('A worker ended'))
    let [victim] = await workerPids(shop)

    for (let times = 1; times <= 4; times++) {
      sendSignal(victim, 'SIGKILL')
      await until(async () => Promise.resolve(ends().length === times))
      if (times === 4) break
      await until(async () => Promise.resolve(returned(shop).length === times))
      victim = returned(shop).at(-1)?.worker
    }
    const stopped = Date.now()
    shop.child.kill('SIGTERM')

    t.is(await shop.exitCode, 0)
    t.true(Date.now() - stopped < graceMs, 'it waited for a worker that had ended')
    t.deepEqual(
      ends().map(({pauseMs}) => pauseMs),
      [0, 500, 1000, 2000],
    )
  },
)

test.serial('a taken port is the same error as without workers', async (t) => {
  const {url: database} = await createDatabase(t)
  const first = spawnServe(t, {DATABASE_URL: database})
  const {port} = new URL(await first.url)

  const second = spawnServe(t, {DATABASE_URL: database}, ['--workers', '2', '--port', port])

  t.is(await second.exitCode, 1)
  t.is(
    second.stderr(),
    `Error: Port ${port} is already in use.\nStop the program that uses it, or choose another port with --port.\n`,
  )
})

const refuses = test.macro<[string]>({
  async exec(t, count) {
    const shop = spawnServe(t, {}, [`--workers=${count}`])
    t.is(await shop.exitCode, 2)
    t.regex(shop.stderr(), /^Error: --workers must be a whole number from 1 to 1000 or "auto", not /)
  },
  title: (_, count) => `--workers=${count} is wrong usage`,
})

for (const count of ['0', 'x', '1.5', '-1', '1001']) test.serial(refuses, count)

function returned(shop: ServeProcess) {
  return workerLines(shop).filter(({msg}) => msg.startsWith('A replacement worker serves'))
}

/** Two workers, one of which has an order that waits for its stock until `release`. */
async function startOrder(t: ExecutionContext, {isGroup = false} = {}) {
  const {db, url: database} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  const productId = await addProduct(db, {stock: 5})
  const shop = spawnServe(t, {DATABASE_URL: database}, two, {isGroup})
  const url = await shop.url
  const blocker = await db.transaction()
  await blocker('stock_levels').forUpdate()

  const order = send({
    agent: new Agent(),
    token,
    method: 'PUT',
    url: `${url}/orders/create/`,
    json: {items: [{product_id: productId, quantity: 1}]},
  }).then((reply) => reply?.status ?? 'broken')
  await untilWaiting(db)
  return {shop, url, order, release: async () => blocker.rollback(), stock: async () => stockOf(db, productId)}
}
