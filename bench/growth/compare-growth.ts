import {spawn} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {once} from 'node:events'

import {query} from '../../src/db/query.ts'
import {BenchmarkError} from '../benchmark-error.ts'
import type {Database} from '../database-server.ts'
import {measureInTurn} from '../in-turn.ts'
import {fetchOnce, type Load, measure} from '../load.ts'
import type {HttpRequest} from '../http-connection.ts'
import {describeMachine, type Machine} from '../machine.ts'
import {anyOfMany, orderOf} from '../order-requests.ts'
import type {Pace} from '../pace.ts'
import {hotProduct, manyProducts} from '../prepare-database.ts'
import {type ShopProcess, withShopProcess} from '../shop-process.ts'
import {shopBin, shopEnvironment} from '../shop-program.ts'
import {median} from '../statistics.ts'
import {type Costs, difference, readCosts} from './costs.ts'
import type {GrownShop} from './grown-shop.ts'

/** Of one request or command: the time that it took, and what it cost. */
export type GrowthFigures = Costs & {ms: number}

export type GrowthRow = {name: string; empty: GrowthFigures; grown: GrowthFigures}

export type GrowthComparison = {lines: number; bytes: number; rows: GrowthRow[]}

type ServedShop = GrownShop & Pick<ShopProcess, 'origin'>

type Options = {only: string; pace: Pace; signal: AbortSignal; tell: (progress: string) => void}

/** Measures a shop with a history in turn with an empty one on the same server. */
export async function compareGrowth(
  shops: {empty: GrownShop; grown: GrownShop},
  options: Options,
): Promise<{machine: Machine; growth: GrowthComparison}> {
  const {empty, grown} = shops
  const workers = '1'
  return withShopProcess(empty.url, {workers}, async (one) =>
    withShopProcess(grown.url, {workers}, async (other) => {
      const served = {empty: {...empty, ...one}, grown: {...grown, ...other}}
      for (const token of [empty.lightToken, empty.heavyToken]) await placeSome(served.empty, token)
      const rows = [...(await compareRequests(served, options)), ...(await compareCommands(served, options))]
      const machine = await describeMachine(grown.db)
      return {machine, growth: {lines: grown.lines, bytes: await sizeOf(grown), rows}}
    }),
  )
}

/** Three pages of history. */
async function placeSome({origin}: ServedShop, token: string): Promise<void> {
  for (let order = 0; order < 60; order++) {
    await fetchOnce(origin, {request: () => ({...orderOf(hotProduct), token}), status: 201})
  }
}

async function sizeOf({db}: Database): Promise<number> {
  const [size] = await query<{bytes: number}>(db, 'select pg_database_size(current_database()) as bytes')
  return size?.bytes ?? Number.NaN
}

type Scenario = {name: string; loadOf: (shop: ServedShop) => Load | Promise<Load>}

const scenarios: Scenario[] = [
  page('history, 10 orders', ({lightToken}) => ({path: '/orders/history/', token: lightToken})),
  page('history, 100,000 orders', ({heavyToken}) => ({path: '/orders/history/', token: heavyToken})),
  page('history, its second page', ({heavyToken}) => ({path: '/orders/history/?page=2', token: heavyToken})),
  {name: 'history, its middle page', loadOf: middlePage},
  {name: 'order look-up', loadOf: lookUps},
  orders('orders, 1,000 products, 64 conn.', 64, () => anyOfMany(1)),
  orders('orders, 1 product, 64 conn.', 64, () => [hotProduct]),
  orders('orders, 1,000 products, 1 conn.', 1, () => anyOfMany(1)),
]

function page(name: string, requestOf: (shop: ServedShop) => Omit<HttpRequest, 'method'>): Scenario {
  return {
    name,
    loadOf: (shop) => ({connections: 1, request: () => ({method: 'GET', ...requestOf(shop)}), status: 200}),
  }
}

/** Each order is of another user, and has an idempotency key. */
function orders(name: string, connections: number, productsOf: () => number[]): Scenario {
  return {
    name,
    loadOf: ({buyers}) => ({
      connections,
      request: () => ({...orderOf(...productsOf()), token: anyOf(buyers), idempotencyKey: randomUUID()}),
      status: 201,
    }),
  }
}

/** With 100,000 orders it is page 2,500. */
async function middlePage({db, heavyToken}: ServedShop): Promise<Load> {
  const [heavy] = await query<{page: number}>(
    db,
    `select count(*) / 40 as page from orders where user_id = (select id from users where username = 'heavy')`,
  )
  return {
    connections: 1,
    request: () => ({method: 'GET', path: `/orders/history/?page=${Math.max(1, heavy?.page ?? 1)}`, token: heavyToken}),
    status: 200,
  }
}

async function lookUps({db, heavyToken}: ServedShop): Promise<Load> {
  const rows = await query<{id: number}>(
    db,
    `select id from orders where user_id = (select id from users where username = 'heavy') order by random() limit 1000`,
  )
  const ids = rows.map(({id}) => id)
  return {
    connections: 1,
    request: () => ({method: 'GET', path: `/orders/${anyOf(ids)}/`, token: heavyToken}),
    status: 200,
  }
}

function anyOf<Value>(values: Value[]): Value {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new BenchmarkError('There is nothing to choose from.')
  return value
}

async function compareRequests(
  {empty, grown}: {empty: ServedShop; grown: ServedShop},
  {only, pace, signal, tell}: Options,
): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = []
  for (const {name, loadOf} of scenarios.filter(({name}) => name.includes(only))) {
    tell(name)
    const loads = {empty: await loadOf(empty), grown: await loadOf(grown)}
    const measureAt = async (shop: ServedShop, load: Load, seconds = pace.seconds): Promise<GrowthFigures> => {
      const before = await readCosts(shop.db)
      const {perSecond, p50} = await measure(shop.origin, load, seconds, signal)
      const total = perSecond * seconds
      const costs = difference(before, await readCosts(shop.db))
      const ms = load.connections === 1 ? p50 : 1000 / perSecond
      return {...divide(costs, total), ms}
    }
    // The first change of a page after a checkpoint puts the whole page into the WAL. The warm-up changes those that every
    // order changes; what is left comes from pages that few orders share.
    await query(grown.db, 'checkpoint')
    for (const shop of ['empty', 'grown'] as const) {
      await measureAt({empty, grown}[shop], loads[shop], pace.singleWarmUpSeconds / 2)
    }
    const [ones, others] = await measureInTurn(
      pace.rounds,
      async () => measureAt(empty, loads.empty),
      async () => measureAt(grown, loads.grown),
    )
    rows.push({name, empty: mediansOf(ones), grown: mediansOf(others)})
    tell(JSON.stringify(rows.at(-1)))
  }
  return rows
}

function divide(costs: Costs, by: number): Costs {
  return {
    serverMs: costs.serverMs / by,
    programMs: 0,
    walBytes: costs.walBytes / by,
    walImages: costs.walImages / by,
  }
}

function mediansOf(rounds: GrowthFigures[]): GrowthFigures {
  const of = (figure: keyof GrowthFigures): number => median(rounds.map((round) => round[figure]))
  return {
    ms: of('ms'),
    serverMs: of('serverMs'),
    programMs: of('programMs'),
    walBytes: of('walBytes'),
    walImages: of('walImages'),
  }
}

const month = ['--from', '2026-10-01', '--to', '2026-10-31']

/** Stands for the oldest order that can be cancelled. */
const oldestOrder = 'ORDER'

/** The audit comes last but for the one that goes on from it. */
const commands: string[][] = [
  ['status'],
  ['list-orders'],
  ['list-orders', '--user', 'heavy'],
  ['list-orders', '--status', 'cancelled'],
  ['list-orders', '--product', String(manyProducts.from + 900)],
  ['list-orders', ...month],
  ['list-orders', '--min-total', '1000'],
  ['list-movements'],
  ['show-order', '1'],
  ['cancel-order', oldestOrder, '--yes'],
  ['report', ...month],
  ['report', '--by', 'product', ...month],
  ['doctor'],
  ['audit'],
  ['audit', '--since', 'last'],
  ['backup', '-'],
]

async function compareCommands(
  {empty, grown}: {empty: ServedShop; grown: ServedShop},
  {only, signal, tell}: Options,
): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = []
  for (const args of commands.filter((args) => args.join(' ').includes(only))) {
    const name = args.join(' ')
    tell(name)
    rows.push({name, empty: await runCommand(empty, args, signal), grown: await runCommand(grown, args, signal)})
    // Some take so long that their figures should not be lost if a later one fails.
    tell(JSON.stringify(rows.at(-1)))
  }
  return rows
}

async function runCommand({db, url}: Database, command: string[], signal: AbortSignal): Promise<GrowthFigures> {
  const oldest = await query<{id: number}>(
    db,
    `select id from orders where status = 'placed' and payment_status = 'none' order by id limit 1`,
  )
  const args = command.map((arg) => (arg === oldestOrder ? String(oldest[0]?.id) : arg))
  const before = await readCosts(db)
  const start = performance.now()
  // What it prints may be many gigabytes.
  const child = spawn(process.execPath, [shopBin, ...args], {
    env: shopEnvironment(url),
    stdio: ['ignore', 'ignore', 'inherit'],
    signal,
  })
  const [code] = (await once(child, 'close')) as [number | null]
  const ms = performance.now() - start
  // `doctor` ends with 1 if it finds something.
  if (code !== 0 && args[0] !== 'doctor') throw new BenchmarkError(`shop ${args.join(' ')} ended with ${code}.`)
  return {...difference(before, await readCosts(db)), ms}
}
