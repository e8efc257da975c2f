import {query} from '../src/db/query.ts'
import {type PostgresServer, startPrimary, startReplica, untilReplayed} from '../test/helpers/replica.ts'
import {auditShop} from './audit-shop.ts'
import {type BasketComparison, type BasketRow, rateRow} from './baskets.ts'
import type {Bench} from './compare.ts'
import {placeEarlierOrders} from './earlier-orders.ts'
import {readServerMs} from './growth/costs.ts'
import type {HttpRequest} from './http-connection.ts'
import {compareRounds, measureInTurn} from './in-turn.ts'
import {fetchOnce, type Load, measure} from './load.ts'
import {againstPace, quickPace} from './pace.ts'
import {manyProducts, prepareShop, shopUser} from './prepare-database.ts'
import {orderLoad} from './scenarios.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'
import {shopBin} from './shop-program.ts'
import {type Measured, median} from './statistics.ts'

export const replicaScenario = 'read replicas: one, on this machine'

/** What the tests turn off to be fast, and the defaults of PostgreSQL. */
const settings = ['fsync=on', 'shared_buffers=128MB', 'max_standby_streaming_delay=30s']

type Case = {
  name: string
  load: Load
  /** Before it, each shop gets an order of the user, whose reads then need a replica that has it. */
  isWriter?: boolean
  /** Of the rate. Cases without one are what reading on a replica costs a single machine. */
  bound?: number
  /**
   * Compared with a shop whose primary has a replica as well, and which does not read it: otherwise most of the difference would
   * be what PostgreSQL needs to send, receive, write and replay each commit.
   */
  isWrite?: true
}

/** Orders come last, since they write for the user of the pages. */
function casesOf(orderId: number): Case[] {
  const history = page('/orders/history/', shopUser.token)
  const order = page(`/orders/${orderId}/`, shopUser.token)
  return [
    {name: 'list of products', load: page('/products/list/'), bound: 0.95},
    {name: 'list of products, page 30', load: page('/products/list/?page=30'), bound: 0.95},
    {name: 'single product', load: page(`/products/${manyProducts.from}/`)},
    {name: 'history page', load: history},
    {name: 'single order', load: order},
    {name: 'history page of a recent writer', load: history, isWriter: true},
    {name: 'single order of a recent writer', load: order, isWriter: true},
    {name: 'orders, 1,000 products, 64 conn.', load: orderLoad('uniform', 64), isWrite: true},
    {name: 'orders, 1,000 products, 1 conn.', load: orderLoad('uniform', 1), isWrite: true},
  ]
}

/** With many connections, beside which the looks at the servers, a few each second, do not count. */
function page(path: string, token?: string): Load {
  const request: HttpRequest = {method: 'GET', path, ...(token !== undefined && {token})}
  return {connections: 64, request: () => request, status: 200}
}

/** CPU time of a request, in microseconds, and the part of the reads that the replica answered. */
type Round = Measured & {programUs: number; serverUs: number; replicaPart: number}

type Side = ShopProcess & {servers: [PostgresServer, ...PostgresServer[]]}

/** `addReplica` gives the primary of `plain` a replica that its shop does not read. */
type Sides = {reading: Side; plain: Side; addReplica: () => Promise<Side>}

type Options = Pick<Bench, 'pace' | 'signal'>

/**
 * Measures a shop that reads a replica on the same machine in turn with one that has none. Its servers are its own, since
 * the embedded one keeps no WAL that could be streamed.
 */
export async function compareReplicas({pace, signal}: Options): Promise<BasketComparison> {
  const cleanUps: (() => unknown)[] = []
  const owner = {
    teardown: (cleanUp: () => unknown) => {
      cleanUps.unshift(cleanUp)
    },
  }
  try {
    const alone = await startPrimary(owner, settings)
    const primary = await startPrimary(owner, settings)
    for (const server of [alone, primary]) {
      await prepareShop(server, shopBin, signal)
      await withShopProcess(server.url, {workers: '1'}, async ({origin}) => placeEarlierOrders(origin))
      // As autovacuum does soon. A standby cannot skip dead entries of an index, as a primary does once it has seen them.
      await query(server.db, 'vacuum (analyze)')
    }
    const replica = await startReplica(owner, primary, settings)
    await untilReplayed(primary, replica)

    const env = {SHOP_METRICS_PORT: '0'}
    const comparison = await withShopProcess(
      primary.url,
      {workers: '1', env: {...env, DATABASE_REPLICA_URL: replica.url}},
      async (reading) =>
        withShopProcess(alone.url, {workers: '1', env}, async (plain) => {
          const addReplica = async (): Promise<Side> => {
            const other = await startReplica(owner, alone, settings)
            await untilReplayed(alone, other)
            return {...plain, servers: [alone, other]}
          }
          const sides: Sides = {
            reading: {...reading, servers: [primary, replica]},
            plain: {...plain, servers: [alone]},
            addReplica,
          }
          return compareSides(sides, {pace, signal})
        }),
    )
    for (const {url} of [alone, primary]) await auditShop({url}, signal)
    return comparison
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

async function compareSides({reading, plain, addReplica}: Sides, {pace, signal}: Options): Promise<BasketComparison> {
  // Single rounds vary by more than the 5 % that a list may lose.
  const rounds = pace === quickPace ? pace.rounds : againstPace.rounds
  const [order] = await query<{id: number}>(
    plain.servers[0].db,
    'select max(orders.id) as id from orders join users on users.id = user_id where username = ?',
    [shopUser.username],
  )
  const rows: BasketRow[] = []
  let other = plain
  for (const {name, load, isWriter, isWrite, bound} of casesOf(order?.id ?? 0)) {
    if (isWrite && other === plain) other = await addReplica()
    const measureAt = async (side: Side, seconds = pace.seconds): Promise<Round> =>
      measureRound(side, load, seconds, signal)
    if (isWriter) for (const {origin} of [reading, other]) await fetchOnce(origin, orderLoad('uniform', 1))
    await measureAt(reading, 2)
    await measureAt(other, 2)
    const [ours, theirs] = await measureInTurn(
      rounds,
      async () => measureAt(reading),
      async () => measureAt(other),
    )
    const compared = isWrite ? 'not read' : 'no replica'
    rows.push(readsRow(name, ours, theirs, {compared, bound}), cpuRow(name, ours, theirs, compared))
  }
  return {rows, rounds, verdicts: rows.flatMap(({verdict}) => verdict ?? [])}
}

async function measureRound(side: Side, load: Load, seconds: number, signal: AbortSignal): Promise<Round> {
  const {monitor, servers, origin} = side
  const readsBefore = await countReads(side)
  const serverBefore = await readServers(servers)
  await monitor.readLoop()
  const measured = await measure(origin, load, seconds, signal)
  const {cpuMs} = await monitor.readLoop()
  const serverMs = (await readServers(servers)) - serverBefore
  const reads = await countReads(side)
  const requests = measured.perSecond * seconds
  return {
    ...measured,
    programUs: (1000 * cpuMs) / requests,
    serverUs: (1000 * serverMs) / requests,
    replicaPart: (reads.replica - readsBefore.replica) / (reads.all - readsBefore.all),
  }
}

async function readServers(servers: Side['servers']): Promise<number> {
  const times = await Promise.all(servers.map(async ({db}) => readServerMs(db)))
  return times.reduce((sum, time) => sum + time, 0)
}

/** The reads that replicas may answer, and those that they did answer. */
async function countReads({metricsUrl = ''}: Side): Promise<{replica: number; all: number}> {
  const response = await fetch(metricsUrl)
  const counts = {replica: 0, all: 0}
  for (const [, from, count] of (await response.text()).matchAll(/^shop_reads_total\{.*from="(\w+)".*\} (\d+)$/gm)) {
    counts.all += Number(count)
    if (from === 'replica') counts.replica += Number(count)
  }
  return counts
}

/** The rate, and which part of the reads the replica answered. */
function readsRow(
  name: string,
  ours: Round[],
  theirs: Round[],
  options: {compared: string; bound: number | undefined},
): BasketRow {
  const row = rateRow(name, ours, theirs, options)
  const part = median(ours.map(({replicaPart}) => replicaPart))
  return Number.isNaN(part) ? row : {...row, figure: `${row.figure}, ${(100 * part).toFixed(0)} % on the replica`}
}

/** Other load on the machine changes CPU time less than a rate. */
function cpuRow(of: string, ours: Round[], theirs: Round[], compared: string): BasketRow {
  const part = (rounds: Round[], figure: 'programUs' | 'serverUs'): string =>
    median(rounds.map((round) => round[figure])).toFixed(0)
  const parts = (rounds: Round[]): string => `${part(rounds, 'programUs')} + ${part(rounds, 'serverUs')} us`
  const sums = (rounds: Round[]): {perSecond: number}[] =>
    rounds.map(({programUs, serverUs}) => ({perSecond: programUs + serverUs}))
  const {ratio} = compareRounds(sums(ours), sums(theirs), 'perSecond')
  return {
    name: `CPU time of program + PostgreSQL: ${of}`,
    figure: parts(ours),
    compared: `${parts(theirs)} (${compared})`,
    ratio: ratio.toFixed(2),
  }
}
