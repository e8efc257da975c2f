import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {aliveEveryMs} from '../../src/http/workers/protocol.ts'
import {ask} from '../helpers/ask.ts'
import {createDatabase} from '../helpers/database.ts'
import {metricsUrlOf, type Scrape, scrape} from '../helpers/metrics.ts'
import {type ServeProcess, spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'
import {sendSignal, workerPids} from '../helpers/workers.ts'

test.serial('two workers: a scrape counts what both did, and no sum goes down when one is killed', async (t) => {
  const {shop, order, read} = await setUp(t, ['--workers', '2'])
  for (let times = 0; times < 20; times++) await order()
  const before = await read()
  const cpuBefore = before.process_cpu_seconds_total ?? Number.NaN
  const [victim] = await workerPids(shop)
  sendSignal(victim, 'SIGKILL')
  await until(async () => (await read()).shop_worker_ends_total === 1)
  const between = await read()
  await until(async () => (await read()).shop_workers === 2)
  for (let times = 0; times < 5; times++) await order()
  const after = await read()

  t.is(before.shop_workers, 2)
  t.is(before.shop_worker_ends_total, 0)
  t.is(ordersOf(before), 20)
  t.is(ordersOf(between), 20)
  t.is(ordersOf(after), 25)
  t.is(before.shop_orders_placed_total, 20)
  t.is(between.shop_orders_placed_total, 20)
  t.is(after.shop_orders_placed_total, 25)
  t.true((between.process_cpu_seconds_total ?? 0) >= cpuBefore)
  t.true((after.process_cpu_seconds_total ?? 0) >= (between.process_cpu_seconds_total ?? Number.NaN))
  // Gauges of the database are of the shop, not of each process.
  t.is(after.shop_products_sold_out, 1)
  t.is(after['shop_database_connections_max{pool="checkout"}'], 4)
})

test.serial('what a worker counted since the last scrape outlives it, but for the last seconds', async (t) => {
  const {shop, order, read} = await setUp(t, ['--workers', '2'])
  for (let times = 0; times < 10; times++) await order()
  // Each worker tells its counts without being asked. To see whether it did, one would have to ask.
  await delay(2 * aliveEveryMs)
  for (const pid of await workerPids(shop)) sendSignal(pid, 'SIGKILL')
  await until(async () => (await read()).shop_worker_ends_total === 2)

  t.is((await read()).shop_orders_placed_total, 10)
})

test.serial('a worker that hangs delays a scrape by two seconds at most, and what it told last counts', async (t) => {
  const {shop, order, read} = await setUp(t, ['--workers', '2'])
  for (let times = 0; times < 10; times++) await order()
  t.is((await read()).shop_orders_placed_total, 10)
  const [hanging] = await workerPids(shop)
  sendSignal(hanging, 'SIGSTOP')
  const began = performance.now()
  const scraped = await read()
  const elapsed = performance.now() - began
  sendSignal(hanging, 'SIGCONT')

  t.is(scraped.shop_orders_placed_total, 10)
  t.true(elapsed >= 1900 && elapsed < 10_000, `${elapsed} ms`)
})

test.serial('without SHOP_METRICS_PORT nothing is said of metrics', async (t) => {
  const {url} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: url})
  t.is((await fetch(`${await shop.url}/metrics`)).status, 404)
  t.notRegex(shop.stderr(), /metrics/)
})

function ordersOf(scraped: Scrape): number | undefined {
  return scraped['shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="201"}']
}

async function setUp(
  t: ExecutionContext,
  args: string[],
): Promise<{shop: ServeProcess; order: () => Promise<void>; read: () => Promise<Scrape>}> {
  const {db, url} = await createDatabase(t)
  const authorization = `Token ${await addToken(db, await addUser(db))}`
  const productId = await addProduct(db, {stock: 1000})
  await addProduct(db, {stock: 0})
  const shop = spawnServe(t, {DATABASE_URL: url, SHOP_METRICS_PORT: '0'}, [...args, '--port', '0'])
  const origin = await shop.url
  const metricsUrl = await metricsUrlOf(shop)
  return {
    shop,
    async order() {
      const {status} = await ask(`${origin}/orders/create/`, {
        method: 'PUT',
        // Each connection is handed to the next worker.
        headers: {authorization, 'content-type': 'application/json', connection: 'close'},
        body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
      })
      t.is(status, 201)
    },
    read: async () => scrape(metricsUrl),
  }
}
