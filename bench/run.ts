import {spawn} from 'node:child_process'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

import bcrypt from 'bcryptjs'
import CliTable3 from 'cli-table3'
import type {Knex} from 'knex'

import {connect} from '../src/db/connect.ts'
import {acquireEmbeddedServer} from '../src/db/embedded/index.ts'
import {migrateToLatest} from '../src/db/migrate.ts'
import {query} from '../src/db/query.ts'
import {audit} from '../src/services/audit.ts'
import {loadDemo} from '../src/services/fixtures/demo.ts'
import {httpRequest, type Load, measure} from './load.ts'
import {findPgbench, measureRaw, prepareRaw} from './raw-baseline.ts'

// Measures orders over HTTP beside raw transactions on the same server, in turn, and prints the medians: `npm run bench`,
// with --json for a machine. Nothing is reported when a request failed, or when the audit finds something afterwards.

const rounds = 3
const seconds = 4
const token = '3aa905c8b99b518e889df6fc02ec80dca142054e'
const hotProduct = 6
const manyProducts = {from: 100_001, count: 1000}

const order = (productId: number): string =>
  httpRequest('PUT', '/orders/create/', token, {items: [{product_id: productId, quantity: 1}]})
const anyOfMany = (): string => order(manyProducts.from + Math.floor(Math.random() * manyProducts.count))

type Scenario = {name: string; load: Omit<Load, 'seconds'>; raw?: {script: 'hot' | 'uniform'; clients: number}}

const scenarios: Scenario[] = [
  ...[1, 16, 64].map((connections): Scenario => {
    const raw = {script: 'hot', clients: Math.min(connections, 16)} as const
    return {
      name: `orders, 1 product, ${connections} conn.`,
      load: {connections, request: () => order(hotProduct), status: 201},
      raw,
    }
  }),
  ...[1, 16, 64].map((connections): Scenario => {
    const raw = {script: 'uniform', clients: Math.min(connections, 16)} as const
    return {
      name: `orders, 1000 products, ${connections} conn.`,
      load: {connections, request: anyOfMany, status: 201},
      raw,
    }
  }),
  {
    name: 'catalogue page, 64 conn.',
    load: {connections: 64, request: () => httpRequest('GET', '/products/list/'), status: 200},
  },
  {
    name: 'history page, 64 conn.',
    load: {connections: 64, request: () => httpRequest('GET', '/orders/history/', token), status: 200},
  },
  {
    name: 'heartbeat, 64 conn.',
    load: {connections: 64, request: () => httpRequest('GET', '/healthcheck/heartbeat/'), status: 200},
  },
]

const dataDir = await mkdtemp(join(tmpdir(), 'shop-bench-'))
// Root's own server runs as another user, who must get into it.
await chmod(dataDir, 0o755)
const server = await acquireEmbeddedServer(dataDir)
const db = connect(() => server.connection, {poolSize: 4})
try {
  await migrateToLatest(db)
  await loadDemo(db, bcrypt)
  await stockUp(db)
  await prepareRawDatabase()
  await withServe(async (origin) => {
    await report(await runAll(origin))
  })
} finally {
  await db.destroy()
  await server.release()
  await rm(dataDir, {recursive: true, force: true})
}

type Row = {name: string; perSecond: number; p50: number; p99: number; raw?: number; ratio?: number}

async function runAll(origin: string): Promise<Row[]> {
  const pgbench = findPgbench()
  const rows: Row[] = []
  for (const {name, load, raw} of scenarios) {
    const http = []
    const base: number[] = []
    await measure(origin, {...load, seconds: 1})
    for (let round = 0; round < rounds; round++) {
      http.push(await measure(origin, {...load, seconds}))
      if (raw && pgbench !== undefined) base.push(await measureRaw(pgbench, rawUrl(), {...raw, seconds}))
    }
    const perSecond = median(http.map((one) => one.perSecond))
    const latency = {p50: median(http.map(({p50}) => p50)), p99: median(http.map(({p99}) => p99))}
    const comparison = base.length > 0 ? {raw: median(base), ratio: perSecond / median(base)} : {}
    rows.push({name, perSecond, ...latency, ...comparison})
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  return rows
}

async function report(rows: Row[]): Promise<void> {
  const {findings} = await audit(db)
  if (findings.length > 0) throw new Error(`The audit found: ${JSON.stringify(findings)}`)
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({rounds, seconds, rows}, undefined, 2)}\n`)
    return
  }
  const table = new CliTable3({
    head: ['', 'per second', 'p50 ms', 'p99 ms', 'raw per second', 'ratio'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: {head: [], border: [], compact: true},
  })
  for (const {name, perSecond, p50, p99, raw, ratio} of rows) {
    table.push([
      name,
      perSecond.toFixed(0),
      p50.toFixed(2),
      p99.toFixed(2),
      raw?.toFixed(0) ?? '',
      ratio?.toFixed(2) ?? '',
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function stockUp(on: Knex): Promise<void> {
  await query(
    on,
    `with new as (
       insert into products (id, name)
       select n, 'Bench ' || n from generate_series(?::bigint, ?::bigint) as n
       returning id
     ),
     prices as (
       insert into product_prices (product_id, currency, amount) select id, 'USD', 100 from new
     )
     insert into stock_levels (product_id, pool_id, on_hand) select id, 1, 0 from new`,
    [manyProducts.from, manyProducts.from + manyProducts.count - 1],
  )
  await query(
    on,
    `with filled as (
       update stock_levels set on_hand = on_hand + 1000000000 where product_id = ? or product_id >= ?
       returning product_id, pool_id
     )
     insert into stock_movements (product_id, pool_id, delta, reason)
     select product_id, pool_id, 1000000000, 'adjust' from filled`,
    [hotProduct, manyProducts.from],
  )
}

async function prepareRawDatabase(): Promise<void> {
  await db.raw('create database raw')
  const raw = connect(() => ({...server.connection, database: 'raw'}), {poolSize: 1})
  await prepareRaw(raw).finally(async () => raw.destroy())
}

function rawUrl(): string {
  return databaseUrl('raw')
}

function databaseUrl(database: string): string {
  const {host, port, user, password} = server.connection
  const url = new URL(`postgres://${user}@localhost:${port}/${database}`)
  if (password !== undefined) url.password = password
  url.searchParams.set('host', host)
  return url.href
}

async function withServe(run: (origin: string) => Promise<void>): Promise<void> {
  const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    env: {PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: databaseUrl(server.connection.database)},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const origin = new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (data) => {
      said += String(data)
      const url = /listens on (http:\S+)\. /.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    void ended.then(() => {
      reject(new Error(`serve ended: ${said}`))
    })
  })
  try {
    await run(await origin)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}
