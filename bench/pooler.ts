import {findFreePort} from '../test/helpers/nginx.ts'
import {pgbouncerBinary, type PoolerOptions, runPgbouncer} from '../test/helpers/pgbouncer.ts'
import {type BasketComparison, type BasketRow, rateRow} from './baskets.ts'
import type {Bench} from './compare.ts'
import {againstPace, quickPace} from './pace.ts'
import {type Load, measure} from './load.ts'
import {orderLoad} from './scenarios.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'
import type {Measured} from './statistics.ts'

export const poolerScenario = 'pooler between'

export const hasPooler = pgbouncerBinary !== undefined

/** PgBouncer is a process of one thread, which shares the machine with everything else. */
const target = 0.8

type NamedLoad = {name: string; load: Load; bound?: number}

/** The target is for throughput. A single order has the parsing of its statements to itself. */
const loads: NamedLoad[] = [
  {name: '64 conn.', load: orderLoad('uniform', 64), bound: target},
  {name: '1 conn.', load: orderLoad('uniform', 1)},
]

/** Measures orders of servers behind PgBouncer, and of one without prepared statements, in turn with those of a plain one. */
export async function comparePoolers({shop, pace, signal}: Bench): Promise<BasketComparison> {
  const session = await startPooler(shop.url, {mode: 'session'})
  const transaction = await startPooler(shop.url, {mode: 'transaction'})
  const unprepared = {SHOP_PREPARED: 'off'}
  try {
    return await withServers(
      [
        {name: 'direct', url: shop.url, env: {}},
        {name: 'PgBouncer, session mode', url: session.url, env: {}},
        {name: 'PgBouncer, transaction mode, SHOP_PREPARED=off', url: transaction.url, env: unprepared},
        {name: 'direct, SHOP_PREPARED=off', url: shop.url, env: unprepared},
      ],
      async (servers) => {
        const rounds = pace === quickPace ? pace.rounds : againstPace.rounds
        const rows: BasketRow[] = []
        for (const load of loads) rows.push(...(await compareServers(servers, load, rounds)))
        return {rows, rounds, verdicts: rows.flatMap(({verdict}) => verdict ?? [])}
      },
    )
  } finally {
    await Promise.all([session.stop(), transaction.stop()])
  }

  async function compareServers(
    servers: Server[],
    {name, load, bound}: NamedLoad,
    rounds: number,
  ): Promise<BasketRow[]> {
    const measured = servers.map((): Measured[] => [])
    const warmUp = load.connections === 1 ? pace.singleWarmUpSeconds : pace.warmUpSeconds
    for (const {process} of servers) await measure(process.origin, load, warmUp, signal)
    for (let round = 0; round < rounds; round++) {
      for (const [index, {process}] of servers.entries()) {
        measured[index]?.push(await measure(process.origin, load, pace.seconds, signal))
      }
    }
    const [direct = [], ...others] = measured
    return others.map((rates, index) =>
      rateRow(`${name}, ${servers[index + 1]?.name ?? ''}`, rates, direct, {compared: 'direct', bound}),
    )
  }

  async function withServers<Result>(
    settings: {name: string; url: string; env: Record<string, string>}[],
    run: (servers: Server[]) => Promise<Result>,
    started: Server[] = [],
  ): Promise<Result> {
    const next = settings[started.length]
    if (!next) return run(started)
    return withShopProcess(next.url, {workers: '1', env: next.env}, async (process) =>
      withServers(settings, run, [...started, {name: next.name, process}]),
    )
  }
}

type Server = {name: string; process: ShopProcess}

async function startPooler(
  databaseUrl: string,
  {mode}: PoolerOptions,
): Promise<{url: string; stop: () => Promise<void>}> {
  const {username: user, password, hostname, port, pathname, searchParams} = new URL(databaseUrl)
  const own = await findFreePort()
  const {stop} = await runPgbouncer({
    ...{port: own, mode, poolSize: 40, user, password: decodeURIComponent(password), systemUser: 'postgres'},
    database: `* = host=${searchParams.get('host') ?? hostname} port=${port}`,
  })
  return {url: `postgres://${user}@127.0.0.1:${own}${pathname}`, stop}
}
