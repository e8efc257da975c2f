import type {Knex} from 'knex'
import type {Logger} from 'pino'

import type {Config} from '../config.ts'
import type {Database} from '../db/open.ts'
import {pruneRecentWrites} from '../db/replicas/recent-writes.ts'
import {watchStatements} from '../db/statement-watch.ts'
import type {ShopMetrics} from '../metrics/shop-metrics.ts'
import {openTracing} from '../tracing.ts'
import {createBcryptPool} from '../services/accounts/bcrypt-pool.ts'
import {type BackgroundJob, type BackgroundWork, startBackgroundWork} from '../services/background.ts'
import {sweep} from '../services/baskets/sweeper.ts'
import {createClockWatch} from '../services/catalogue/clock.ts'
import {createMarkKeeper} from '../services/catalogue/marks.ts'
import {CheckoutQueue} from '../services/checkout/queue.ts'
import {pruneLoginTries} from '../services/accounts/login-tries.ts'
import {createTokenLookup} from '../services/accounts/tokens.ts'
import {within} from '../within.ts'
import {createApp} from './app.ts'
import {createOrderCallers} from './auth/order-caller.ts'
import {createDescription, describeApi} from './openapi/describe-api.ts'
import {createResources} from './resources.ts'
import {listen, type Listener, type RunningServer} from './listener.ts'
import {addServerGauges} from './metrics/server-gauges.ts'
import {logRefusals} from './log.ts'
import {openReads} from './open-reads.ts'
import {openPayments} from './open-payments.ts'
import {openPools, writeLimits} from './open-pools.ts'
import {createReadiness} from './readiness.ts'

/** From when on a statement is worth a line in the log, with the requests that were waiting. */
const slowStatements = {slowMs: 500, lookMs: 250}

/**
 * How long before the end of the grace period what still waits for the database is given up, and answered. A request that
 * waits for the payment provider is given up as long before that, so that it can write that the outcome is unknown.
 */
const answerMs = 2000

/** How long idle connections to the database may take to close. */
const closePoolsMs = 1000

type ServerSettings = Pick<
  Config,
  | 'basePath'
  | 'checkout'
  | 'corsOrigins'
  | 'currency'
  | 'holds'
  | 'loginLimits'
  | 'hosts'
  | 'maxConnections'
  | 'orderItems'
  | 'payments'
  | 'poolSize'
  | 'readPoolSize'
  | 'replicas'
  | 'tokenDays'
  | 'trustProxy'
> & {
  host: string
  port: number
}

/**
 * Serves the shop over HTTP until it is closed, with connection pools of its own. Closing finishes the requests in flight,
 * and ends after the grace period whatever the database does: an order without an answer of the database by then is answered
 * as one whose outcome is unknown, and one without an answer of the payment provider as one whose payment is pending.
 */
export async function startServer(
  {openPool}: Pick<Database, 'openPool'>,
  log: Logger,
  config: ServerSettings,
  metrics?: ShopMetrics,
): Promise<RunningServer> {
  const ending = new AbortController()
  const {signal} = ending
  const endingPayments = new AbortController()
  const listening: {server?: Listener} = {}
  const watch = watchStatements(slowStatements, (slow) => {
    log.warn({...slow, request_ids: listening.server?.requestIds()}, 'A statement is slow.')
  })
  const pools = openPools(openPool, config, {signal, watch})
  const {db, reads, logins, orders, probes} = pools
  const notesWrites = config.replicas !== undefined
  const payments = await openPayments(db, config, (options) => openPool({...writeLimits, ...options, signal, watch}), {
    signal: endingPayments.signal,
    metrics,
    notesWrites,
  })
  const {replicas, ...readers} = openReads(
    {db, reads},
    config.replicas,
    {openPrimary: (options) => openPool({...options, signal}), signal, watch, poolSize: config.readPoolSize},
    {log, metrics},
  )
  const readiness = createReadiness(probes)
  const bcrypt = createBcryptPool({threads: 1})
  const tracing = openTracing()
  const {holds, orderItems} = config
  const checkout = new CheckoutQueue(orders, {...config.checkout, holds, signal, metrics, tracing, notesWrites})
  if (metrics) addServerGauges(metrics, checkout, {requests: db, reads, logins, checkout: orders})
  const resources = createResources({orderItems, provider: payments && config.payments.provider})
  const description = createDescription(describeApi(resources))
  const findTokenUser = createTokenLookup(db, {withWrites: notesWrites})
  const findReader = createTokenLookup(reads, {withWrites: notesWrites})
  const callers = createOrderCallers(findTokenUser)
  const app = createApp(
    {
      ...{...config, db, reads, logins, findTokenUser, findReader, callers, checkout, bcrypt, log, description},
      ...{readiness, metrics, tracing, ...readers},
      payments: payments?.context,
    },
    resources,
  )

  async function close(background?: BackgroundWork): Promise<void> {
    endingPayments.abort()
    await within(Promise.all([background?.stop()]), closePoolsMs)
    await within(
      Promise.all([...Object.values(pools).map(async (pool) => pool.destroy()), payments?.close(), replicas?.close()]),
      closePoolsMs,
    )
    ending.abort()
    watch.close()
    await within(bcrypt.close(), closePoolsMs)
  }

  try {
    const server = await listen(app, {
      ...config,
      onError: (error) => {
        log.error({err: error}, 'A connection could not be accepted.')
      },
      onRefusal: logRefusals(log, metrics),
      onCrowded: (closed) => {
        log.warn({closed}, 'Connections that had waited long for their clients made room for others.')
      },
    })
    listening.server = server
    const background = startBackgroundWork(
      [...jobsOf(db, {metrics, hasReplicas: replicas !== undefined}), ...(payments?.jobs(server.url) ?? [])],
      log,
    )
    return {
      url: server.url,
      drain() {
        readiness.drain()
        server.drain()
      },
      async close(graceMs) {
        const givingUp = [abortAfter(endingPayments, graceMs - 2 * answerMs), abortAfter(ending, graceMs - answerMs)]
        await server.close(graceMs)
        await within(checkout.drain(), graceMs)
        for (const timer of givingUp) clearTimeout(timer)
        await close(background)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What every server repeats, besides the jobs of payments. */
function jobsOf(
  db: Knex,
  {metrics, hasReplicas}: {metrics: ShopMetrics | undefined; hasReplicas: boolean},
): BackgroundJob[] {
  return [
    {run: async () => sweep(db, metrics), failure: 'Expired holds could not be removed.'},
    {run: async () => pruneLoginTries(db), failure: 'Old counts of logins could not be deleted.'},
    ...(hasReplicas
      ? [{run: async () => pruneRecentWrites(db), failure: 'Old notes of writes could not be deleted.'}]
      : []),
    {run: createClockWatch(db), failure: "The database's clock could not be checked."},
    {run: createMarkKeeper(db), failure: 'The marks of the listings could not be brought up to date.'},
  ]
}

function abortAfter(controller: AbortController, ms: number): NodeJS.Timeout {
  return setTimeout(
    () => {
      controller.abort()
    },
    Math.max(ms, 0),
  )
}
