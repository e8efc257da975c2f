import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'
import type {Logger} from 'pino'

import type {Config} from '../config.ts'
import type {Database} from '../db/open.ts'
import {createBcryptPool} from '../services/accounts/bcrypt-pool.ts'
import {type BackgroundWork, startBackgroundWork} from '../services/background.ts'
import {sweep} from '../services/baskets/sweeper.ts'
import {createClockWatch} from '../services/catalogue/clock.ts'
import {CheckoutQueue, checkoutSession} from '../services/checkout/queue.ts'
import {pruneLoginTries} from '../services/accounts/login-tries.ts'
import {createTokenLookup} from '../services/accounts/tokens.ts'
import {createApp} from './app.ts'
import {createOrderCallers} from './auth/order-caller.ts'
import {describeApi} from './openapi/describe-api.ts'
import {createResources} from './resources.ts'
import {listen, type RunningServer} from './listener.ts'
import {openPayments} from './open-payments.ts'
import {tagJson} from './tagged-json.ts'

/** An order may wait in the checkout queue for ten seconds; a wait for a lock must leave time for an answer. */
const writeLimits = {statementMs: 10_000, lockMs: 5000, acquireMs: 10_000}

/** Anybody can ask for a list, so it may hold a connection for a short time only. */
const readLimits = {statementMs: 5000, lockMs: 1000, acquireMs: 5000}

/** One login at a time has its password checked, and the others wait for that without a connection. */
const loginPoolSize = 2

/**
 * How long before the end of the grace period what still waits for the database is given up, and answered. A request that
 * waits for the payment provider is given up as long before that, so that it can write that the outcome is unknown.
 */
const answerMs = 2000

/** How long idle connections to the database may take to close. */
const closePoolsMs = 1000

/**
 * Serves the shop over HTTP until it is closed, with four connection pools of its own: neither public reads nor
 * logins nor anything else takes a connection from the checkout. Closing finishes the requests in flight, and ends after the grace period whatever the database
 * does: an order without an answer of the database by then is answered as one whose outcome is unknown, and one without an
 * answer of the payment provider as one whose payment is pending.
 */
export async function startServer(
  {openPool}: Pick<Database, 'openPool'>,
  log: Logger,
  config: Pick<
    Config,
    | 'checkout'
    | 'currency'
    | 'holds'
    | 'loginLimits'
    | 'hosts'
    | 'orderItems'
    | 'payments'
    | 'poolSize'
    | 'readPoolSize'
    | 'tokenDays'
    | 'trustProxy'
  > & {
    host: string
    port: number
  },
): Promise<RunningServer> {
  const ending = new AbortController()
  const {signal} = ending
  const endingPayments = new AbortController()
  const db = openPool({...writeLimits, poolSize: config.poolSize, signal})
  const payments = await openPayments(
    db,
    config,
    (options) => openPool({...writeLimits, ...options, signal}),
    endingPayments.signal,
  )
  const reads = openPool({...readLimits, poolSize: config.readPoolSize, signal, name: 'shop reads'})
  const logins = openPool({...writeLimits, poolSize: loginPoolSize, signal, name: 'shop logins'})
  const bcrypt = createBcryptPool({threads: 1})
  const {lanes} = config.checkout
  const orders = openPool({...writeLimits, ...checkoutSession, poolSize: lanes, signal, name: 'shop checkout'})
  const checkout = new CheckoutQueue(orders, {...config.checkout, holds: config.holds, signal})
  const {orderItems} = config
  const resources = createResources({orderItems, provider: payments && config.payments.provider})
  const description = tagJson(describeApi(resources))
  const findTokenUser = createTokenLookup(db)
  const findReader = createTokenLookup(reads)
  const callers = createOrderCallers(findTokenUser)
  const app = createApp(
    {
      ...{...config, db, reads, logins, findTokenUser, findReader, callers, checkout, bcrypt, log, description},
      payments: payments?.context,
    },
    resources,
  )

  async function close(background?: BackgroundWork): Promise<void> {
    endingPayments.abort()
    await within(Promise.all([background?.stop()]), closePoolsMs)
    await within(
      Promise.all([...[db, orders, reads, logins].map(async (pool: Knex) => pool.destroy()), payments?.close()]),
      closePoolsMs,
    )
    ending.abort()
    await within(bcrypt.close(), closePoolsMs)
  }

  try {
    const server = await listen(app, {
      ...config,
      onError: (error) => {
        log.error({err: error}, 'A connection could not be accepted.')
      },
    })
    const background = startBackgroundWork(
      [
        {run: async () => sweep(db), failure: 'Expired holds could not be removed.'},
        {run: async () => pruneLoginTries(db), failure: 'Old counts of logins could not be deleted.'},
        {run: createClockWatch(db), failure: "The database's clock could not be checked."},
        ...(payments?.jobs(server.url) ?? []),
      ],
      log,
    )
    return {
      url: server.url,
      async close(graceMs) {
        const giveUpPayments = setTimeout(
          () => {
            endingPayments.abort()
          },
          Math.max(graceMs - 2 * answerMs, 0),
        )
        const giveUp = setTimeout(
          () => {
            ending.abort()
          },
          Math.max(graceMs - answerMs, 0),
        )
        await server.close(graceMs)
        await within(checkout.drain(), graceMs)
        clearTimeout(giveUp)
        clearTimeout(giveUpPayments)
        await close(background)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Waits for the end of something that cannot be relied on to end. */
async function within(end: Promise<unknown>, ms: number): Promise<void> {
  const deadline = new AbortController()
  await Promise.race([end, delay(ms, undefined, {signal: deadline.signal}).catch(() => undefined)])
  deadline.abort()
}
