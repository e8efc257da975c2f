import {execFile} from 'node:child_process'
import {promisify} from 'node:util'

import test from 'ava'
import type {Knex} from 'knex'
import stringWidth from 'string-width'

import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {Top} from '../helpers/cli-json/top.ts'
import {decideJobs, setItem} from '../helpers/baskets.ts'
import {createDatabase, shareDatabase} from '../helpers/database.ts'
import {startMetricsStub} from '../helpers/metrics-stub.ts'
import {findFreePort} from '../helpers/nginx.ts'
import {startProxy} from '../helpers/proxy.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, usdOrder} from '../helpers/shop.ts'
import {ctrlC, hasTerminal, openTerminal, type Terminal} from '../helpers/terminal.ts'
import {until} from '../helpers/until.ts'
import {sendSignal} from '../helpers/workers.ts'

const run = promisify(execFile)

const inTerminal = hasTerminal ? test : test.skip

async function fill(db: Knex): Promise<void> {
  const userId = await addUser(db, 'matt')
  await addProduct(db, {id: 6, name: 'Rice', stock: 12})
  await addProduct(db, {id: 7, name: 'Anise', stock: 1000})
  await placeOrder(db, usdOrder(userId, [{productId: 6, quantity: 5}]))
  await placeOrder(db, usdOrder(userId, [{productId: 7, quantity: 2}]))
  await decideJobs(db, [setItem(userId, 6, 2)])
}

const shared = shareDatabase(test, fill)

/** A server that places 30 orders between two scrapes, each in half a millisecond, and refuses 6. */
function writeMetrics(scrape: number): string {
  return [
    'shop_build_info{version="0.2.0"} 1',
    `shop_orders_placed_total ${scrape * 30}`,
    `shop_orders_refused_total{code="out_of_stock"} ${scrape * 6}`,
    'shop_orders_refused_total{code="total_mismatch"} 0',
    ...['201', '409'].flatMap((status) => [
      `shop_http_request_duration_seconds_bucket{method="PUT",route="/orders/create/",status="${status}",le="0.001"} ${scrape * 30}`,
      `shop_http_request_duration_seconds_bucket{method="PUT",route="/orders/create/",status="${status}",le="+Inf"} ${scrape * 30}`,
      `shop_http_request_duration_seconds_count{method="PUT",route="/orders/create/",status="${status}"} ${scrape * 30}`,
    ]),
    'shop_checkout_queue_jobs 17',
    `shop_checkout_batch_jobs_sum ${scrape * 36}`,
    `shop_checkout_batch_jobs_count ${scrape * 12}`,
    'shop_database_connections{pool="reads",state="used"} 2',
    'shop_database_connections_max{pool="reads"} 5',
  ].join('\n')
}

test('--once --json prints what the database knows, and why there is no more', async (t) => {
  const {exitCode, stdout, stderr} = await runShop(['top', '--once', '--json'], {env: {DATABASE_URL: shared().url}})

  t.deepEqual({exitCode, stderr}, {exitCode: 0, stderr: ''})
  const top = Top.parse(JSON.parse(stdout))
  t.like(top, {
    orders: {last_hour: {count: 2, is_capped: false}},
    holds: {lines: {count: 1, is_capped: false}, units: 2, ending_soon: 0, expired: 0},
    server: null,
  })
  t.deepEqual(top.sales.best_sellers, [
    {id: 6, name: 'Rice', units: 5, free: 5, held: 2, seconds_left: 300},
    {id: 7, name: 'Anise', units: 2, free: 998, held: 0, seconds_left: 149_700},
  ])
  t.deepEqual(
    top.sales.running_out.map(({id}) => id),
    [6],
  )
  t.regex(top.metrics_problem ?? '', /SHOP_METRICS_PORT/)
})

test('with metrics, it prints what happened between two scrapes', async (t) => {
  const metrics = await startMetricsStub(t, writeMetrics)
  const env = {DATABASE_URL: shared().url, SHOP_METRICS_PORT: new URL(metrics.url).port}

  const {stdout} = await runShop(['top', '--json', '--interval', '1'], {env})

  const {server, metrics_problem} = Top.parse(JSON.parse(stdout))
  t.is(metrics_problem, null)
  t.is(metrics.scrapes(), 2)
  t.true(server !== null && server.seconds >= 1 && server.seconds < 30)
  const seconds = server?.seconds ?? 0
  t.like(server, {
    orders: {per_second: 60 / seconds, p50_seconds: 0.0005, p99_seconds: 0.00099, placed_per_second: 30 / seconds},
    requests: {client_errors_per_second: 30 / seconds, server_errors_per_second: 0},
    refusals: [{code: 'out_of_stock', count: 12, per_second: 6 / seconds}],
    checkout: {queue: 17, wait_p99_seconds: null, batch_mean: 3},
    connections: [{pool: 'reads', used: 2, idle: 0, waiting: 0, max: 5}],
  })
})

test('without a terminal, it prints the figures once, and says why metrics are missing', async (t) => {
  const html = await startMetricsStub(t, () => '<html></html>')
  const env = {DATABASE_URL: shared().url}

  const closed = await runShop(['top', '--metrics-url', `http://127.0.0.1:${await findFreePort()}/metrics`], {env})
  const other = await runShop(['top', '--metrics-url', html.url], {env})

  t.is(closed.exitCode, 0)
  t.regex(closed.stdout, /^Orders +0(\.2)?\/s +2 in the last hour$/m)
  t.regex(closed.stdout, /^6 Rice +5 +5 +2 +5 min$/m)
  t.regex(closed.stdout, /No metrics from http:\/\/127\.0\.0\.1:\d+\/metrics: connect ECONNREFUSED/)
  t.regex(other.stdout.replaceAll('\n', ' '), /it answers 200, but not with the metrics of a shop/)
  t.notRegex(closed.stdout, /\u001b/)
})

test('a server that listens on all addresses is asked on loopback', async (t) => {
  const metrics = await startMetricsStub(t, writeMetrics)
  const env = {DATABASE_URL: shared().url, SHOP_METRICS_PORT: new URL(metrics.url).port, SHOP_METRICS_HOST: '0.0.0.0'}

  await runShop(['top', '--once', '--interval', '1'], {env})

  t.is(metrics.scrapes(), 2)
})

test('it refuses a URL that is none or has a password, and an interval that is too short', async (t) => {
  for (const url of ['nowhere', 'file:///etc/passwd', 'http://anna:secret@127.0.0.1/metrics']) {
    const {exitCode, stderr} = await runShop(['top', '--metrics-url', url])
    t.is(exitCode, 2)
    t.notRegex(stderr, /secret/)
  }
  t.is((await runShop(['top', '--interval', '0'])).exitCode, 2)
})

const entered = '\u001b[?1049h'
const erased = '\u001b[2J'
const restored = /\u001b\[\?25h\u001b\[\?1049l\s*$/

async function openTop(terminal: Terminal): Promise<void> {
  await terminal.see('q quit')
  if (!terminal.raw().includes(entered)) throw new Error('It did not take over the terminal.')
}

inTerminal('in a terminal it shows the figures until q, sorts, helps, and gives the terminal back', async (t) => {
  const metrics = await startMetricsStub(t, writeMetrics)
  const terminal = openTerminal(t, ['top', '--interval', '1', '--metrics-url', metrics.url], {
    DATABASE_URL: shared().url,
  })
  await openTop(terminal)
  await terminal.see('out_of_stock')
  terminal.type('s')
  await terminal.see('▲Runs out')
  terminal.type('sss')
  await terminal.see('▲Best sellers')
  terminal.type('?')
  await terminal.see('sort the best sellers')
  terminal.type('?')
  await terminal.see('Best sellers')
  terminal.type('q')

  t.is(await terminal.exitCode, 0)
  t.regex(terminal.raw(), restored)
  t.true(metrics.scrapes() >= 2)
})

inTerminal('Ctrl-C ends it with 130, and gives the terminal back', async (t) => {
  const terminal = openTerminal(t, ['top'], {DATABASE_URL: shared().url})
  await openTop(terminal)
  terminal.type(ctrlC)

  t.is(await terminal.exitCode, 130)
  t.regex(terminal.raw(), restored)
})

/** The process of the test's terminal, by an argument that no other has. */
async function findPid(argument: string): Promise<number> {
  const {stdout} = await run('ps', ['-axo', 'pid=,args='])
  const line = stdout.split('\n').find((each) => each.includes(`${process.execPath} `) && each.endsWith(argument))
  return Number(line?.trim().split(' ')[0])
}

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
  inTerminal(`${signal} ends it, and it gives the terminal back`, async (t) => {
    const {url} = await startMetricsStub(t, writeMetrics)
    const terminal = openTerminal(t, ['top', '--metrics-url', url], {DATABASE_URL: shared().url})
    await openTop(terminal)
    sendSignal(await findPid(`top --metrics-url ${url}`), signal)

    t.is(await terminal.exitCode, signal === 'SIGHUP' ? 0 : 130)
    t.regex(terminal.raw(), restored)
  })
}

inTerminal('it fits the terminal when that gets another size', async (t) => {
  const {url} = await startMetricsStub(t, writeMetrics)
  const terminal = openTerminal(t, ['top', '--interval', '1', '--metrics-url', url], {DATABASE_URL: shared().url})
  await openTop(terminal)
  const {stdout: tty} = await run('ps', ['-o', 'tty=', '-p', String(await findPid(`--metrics-url ${url}`))])
  await run('stty', ['-F', `/dev/${tty.trim()}`, 'cols', '50', 'rows', '15'])
  await until(async () => Promise.resolve(terminal.raw().includes(erased)))
  await terminal.see('q quit')
  terminal.type('q')
  t.is(await terminal.exitCode, 0)

  const [, resized = ''] = terminal.raw().split(erased)
  const lines = resized.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').split(/\r?\n/)
  t.true(lines.some((line) => line.startsWith('Orders')))
  t.true(Math.max(...lines.map((line) => stringWidth(line))) <= 50)
})

inTerminal('it goes on while the database is away, and says so', async (t) => {
  const {db, url} = await createDatabase(t)
  await fill(db)
  let isAway = false
  const proxied = await startProxy(t, url, () => isAway)
  const terminal = openTerminal(t, ['top', '--interval', '1'], {DATABASE_URL: proxied})
  await openTop(terminal)
  isAway = true
  await terminal.see('These figures are old.')
  isAway = false
  await addProduct(db, {id: 8, name: 'Saffron'})
  await placeOrder(db, usdOrder(1, [{productId: 8, quantity: 1}]))
  await terminal.see('3 in the last hour')
  terminal.type('q')

  t.is(await terminal.exitCode, 0)
  t.notRegex(terminal.shown().slice(terminal.shown().lastIndexOf('3 in the last hour')), /These figures are old/)
})

inTerminal('an error that it cannot show ends it, and it gives the terminal back', async (t) => {
  const {db, url} = await createDatabase(t)
  const terminal = openTerminal(t, ['top', '--interval', '1'], {DATABASE_URL: url})
  await openTop(terminal)
  await db.raw('alter table payments rename to renamed')
  await db.raw(
    `create view payments as select 'unknown' as state, now() + interval '1 day' * (1 / (select 0)) as due_at`,
  )

  t.not(await terminal.exitCode, 0)
  t.regex(terminal.raw(), /\u001b\[\?25h\u001b\[\?1049l[^]*Error/)
})

inTerminal('NO_COLOR leaves out colors', async (t) => {
  const terminal = openTerminal(t, ['top'], {DATABASE_URL: shared().url, NO_COLOR: '1'})
  await openTop(terminal)
  terminal.type('q')
  await terminal.exitCode

  t.notRegex(terminal.raw(), /\u001b\[\d+m/)
})
