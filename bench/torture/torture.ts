import {setMaxListeners} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Knex} from 'knex'

import {connect} from '../../src/db/connect.ts'
import {createTestGateway, type TestGateway} from '../../src/gateways/test-provider/test-gateway.ts'
import {BenchmarkError} from '../benchmark-error.ts'
import {runShop} from '../shop-program.ts'
import type {Arguments} from './arguments.ts'
import type {Books, Finding} from './check/books.ts'
import {judge} from './check/judge.ts'
import {auditStock, readBooks} from './check/read-books.ts'
import {buyOn} from './clients/buyer.ts'
import {HttpClient} from './clients/http-client.ts'
import {adjustOn} from './clients/operator.ts'
import {announceRushes} from './clients/rush.ts'
import {type FaultName, scheduleFaults, type Strike} from './faults/schedule.ts'
import {strike} from './faults/strike.ts'
import type {Target, Wait} from './faults/target.ts'
import {secondsWithoutOrders} from './flow.ts'
import type {History} from './history.ts'
import {type RunningDatabase, withDatabase} from './machines/database.ts'
import {withOwned} from './machines/owned.ts'
import {type Replica, startReplica} from './machines/shop.ts'
import {seededRandom} from './random.ts'
import {settlePayments} from './settle.ts'
import {fillShop, type World} from './world.ts'

/** `seconds`: without orders, from the strike until everything ran again and orders flowed. */
export type Struck = {fault: FaultName; at: number; until: number; what: string; seconds: number}

export type Results = {findings: Finding[]; struck: Struck[]; audits: number; books: Books}

type Run = {args: Arguments; history: History; tell: (text: string) => void; signal: AbortSignal}

/** Runs a shop, lets clients and faults at it until the time is over or the signal aborts, and checks what became of it. */
export async function torture(run: Run): Promise<Results> {
  const {args, tell, signal} = run
  const wait: Wait = async (ms) => sleep(ms, undefined, {signal}).catch(() => undefined)
  const isCluster = args.faults.includes('failover')
  return withOwned({isKept: args.keep}, async (owned) => {
    if (args.keep) tell(`logs and database: ${owned.folder}`)
    tell(`starting ${isCluster ? 'a cluster' : 'PostgreSQL'}`)
    return withDatabase(owned, {isCluster, wait}, async (database) => {
      const db = connect(() => ({connectionString: database.url}), {poolSize: 6, name: 'torture'})
      try {
        await runShop(['migrate'], {databaseUrl: database.url, signal})
        const world = await fillShop(db, args.clients, signal)
        tell('starting the shop')
        const env = {
          SHOP_PAYMENT: 'optional',
          SHOP_LOG_LEVEL: 'warn',
          ...(args.faults.includes('provider') && {SHOP_TEST_PROVIDER_DELAY_MS: '40'}),
        }
        const first = await startReplica(owned, {name: 'shop 1', workers: 2, database, env})
        const second = await startReplica(owned, {name: 'shop 2', workers: 1, database, env})
        try {
          return await tortureShop(run, {db, database, world, wait, replicas: [first, second]})
        } finally {
          await Promise.all([first.stop(), second.stop()])
        }
      } finally {
        await db.destroy()
      }
    })
  })
}

type Shop = {db: Knex; database: RunningDatabase; world: World; wait: Wait; replicas: [Replica, ...Replica[]]}

async function tortureShop(
  {args, history, tell, signal}: Run,
  {db, database, world, wait, replicas}: Shop,
): Promise<Results> {
  const runMs = args.minutes * 60_000
  const strikes = scheduleFaults(args.seed, args.faults, runMs)
  const ending = new AbortController()
  const stopped = AbortSignal.any([signal, ending.signal])
  setMaxListeners(0, stopped)
  const gateway = createTestGateway({db, webhookSecrets: ['test'], actionUrl: (id) => `/${id}`})
  const target: Target = {replicas, database: database.target, wait, repeatWebhooks: webhookRepeater(gateway, replicas)}

  tell(`${args.clients} clients, ${strikes.length} faults, seed ${args.seed}`)
  const auditor = auditOn(db, {history, loaded: world.loaded, signal: stopped})
  const rushes = announceRushes(seededRandom(args.seed, 'rushes'), stopped)
  const work = [
    ...world.buyers.map(async ({id, token, ownProduct, methods}, index) => {
      const name = `buyer ${index + 1}`
      const random = seededRandom(args.seed, name)
      const http = new HttpClient(
        replicas.map(({origin}) => origin),
        token,
        random,
      )
      const session = {name, userId: id, http, history, random, methods, signal: stopped}
      await buyOn(session, {
        ...{products: world.products, ownProduct, rushes},
        hasFaultyProvider: args.faults.includes('provider'),
      })
      http.close()
    }),
    adjustOn(db, {history, random: seededRandom(args.seed, 'operator'), products: world.products, signal: stopped}),
  ]
  const start = history.now()
  const timer = sleep(runMs, undefined, {signal: stopped}).catch(() => undefined)
  const struck = await strikeAll(strikes, target, {history, tell, signal: stopped, start})
  await Promise.race([timer, Promise.all(work)])
  ending.abort()
  await Promise.all(work)
  const audits = await auditor
  const now = history.now()

  await database.target.ready()
  tell('waiting for open payments')
  const open = await settlePayments(db, gateway)
  for (const what of open) history.contradict(`Not decided after three minutes: ${what}.`)
  tell('checking')
  await runShop(['audit'], {databaseUrl: database.url, signal: new AbortController().signal}).catch(
    (error: unknown) => {
      if (!(error instanceof BenchmarkError)) throw error
      history.contradict(error.message)
    },
  )
  const books = await readBooks(db)
  return {
    findings: judge(history, books, world.loaded),
    // Only now it is known when orders flowed again.
    struck: struck.map((one) => ({
      ...one,
      seconds: secondsWithoutOrders(history.attempts, {from: one.at, until: one.until, now}),
    })),
    audits,
    books,
  }
}

/** Lets each fault strike at its time, whatever has become of those before. Resolves once everything runs again. */
async function strikeAll(
  strikes: Strike[],
  target: Target,
  {history, tell, signal, start}: {history: History; tell: (text: string) => void; signal: AbortSignal; start: number},
): Promise<Struck[]> {
  const afterMs = 3000
  const running = strikes.map(async (one): Promise<Struck | undefined> => {
    await sleep(Math.max(start + one.at - history.now(), 0), undefined, {signal}).catch(() => undefined)
    if (signal.aborted) return undefined
    const at = history.now()
    history.note(`${one.fault} strikes`)
    const what = await strike(one, target).catch((error: unknown) => {
      history.contradict(`After ${one.fault}: ${error instanceof Error ? error.message : String(error)}`)
      return 'failed'
    })
    const until = history.now() + afterMs
    history.note(`${one.fault} is over: ${what}`)
    await sleep(afterMs, undefined, {signal}).catch(() => undefined)
    const seconds = secondsWithoutOrders(history.attempts, {from: at, until, now: history.now()})
    tell(`${Math.round(at / 1000)} s: ${one.fault}: ${what}; ${seconds.toFixed(1)} s without orders`)
    return {fault: one.fault, at, until, what, seconds}
  })
  return (await Promise.all(running)).filter((one) => one !== undefined)
}

/** Checks the sums every few seconds. A database that is away is asked again later. */
async function auditOn(
  db: Knex,
  {history, loaded, signal}: {history: History; loaded: World['loaded']; signal: AbortSignal},
): Promise<number> {
  let count = 0
  while (!signal.aborted) {
    await sleep(3000, undefined, {signal}).catch(() => undefined)
    try {
      for (const text of await auditStock(db, loaded)) history.findOversold(text)
      count++
    } catch (error) {
      history.note(`no audit: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return count
}

/** Late, twice and in another order, as providers send them. Returns how many there were. */
function webhookRepeater(gateway: TestGateway, replicas: Replica[]): () => Promise<number> {
  return async () => {
    // The provider's books are in a database that may be away.
    const events = (await gateway.listEvents().catch(() => [])).slice(-60).reverse()
    for (const [index, event] of [...events, ...events].entries()) {
      const origin = replicas[index % replicas.length]?.origin ?? ''
      const {body, headers} = gateway.webhook(event)
      const response = await fetch(`${origin}/webhooks/test/`, {
        method: 'POST',
        body,
        headers,
        signal: AbortSignal.timeout(3000),
      }).catch(() => undefined)
      await response?.body?.cancel()
    }
    return events.length
  }
}
