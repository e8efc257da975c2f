import type {ExecutionContext, TestFn} from 'ava'
import type {Express} from 'express'
import {stdSerializers} from 'pino'

import {defaultHoldSettings, type HoldSettings} from '../../src/hold-settings.ts'
import {defaultLoginLimits} from '../../src/login-limits.ts'
import {createApp} from '../../src/http/app.ts'
import {createOrderCallers} from '../../src/http/auth/order-caller.ts'
import type {AppContext, PaymentContext} from '../../src/http/context.ts'
import {createDescription, describeApi} from '../../src/http/openapi/describe-api.ts'
import {resources} from '../../src/http/resources.ts'
import {listen} from '../../src/http/listener.ts'
import {logRefusals} from '../../src/http/log.ts'
import {checkPassword} from '../../src/services/accounts/check-password.ts'
import {CheckoutQueue} from '../../src/services/checkout/queue.ts'
import {createTokenLookup} from '../../src/services/accounts/tokens.ts'
import {ask} from './ask.ts'
import {createDatabase, type TestDatabase} from './database.ts'
import {type Api, api as apiWithoutPayments, paidApi, paidResources} from './openapi.ts'
import {recordOutput} from './secrets.ts'
import {addToken, addUser} from './shop.ts'

export type Answer = {
  status: number
  headers: Headers
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of every shape
  body: any
}

export type LogLine = Record<string, unknown> & {level: 'error' | 'info' | 'warn'}

export type TestShop = TestDatabase & {
  app: Express
  origin: string
  /** How its answers are described. */
  api: Api
  /** The failures that were logged. */
  errors: object[]
  /** What was logged. */
  lines: LogLine[]
  /** Rejects if an answer does not match the API description. */
  send: (
    method: string,
    path: string,
    options?: {json?: unknown; body?: RequestInit['body']; headers?: RequestInit['headers']},
  ) => Promise<Answer>
}

// Once for all tests of a file: it takes longer than creating a database.
const description = createDescription(describeApi(resources))

export type ShopOptions = Partial<Omit<AppContext, 'payments'>> & {
  holds?: Partial<HoldSettings>
  poolSize?: number
  /** Lets the shop take payments. */
  payments?: (database: TestDatabase) => PaymentContext
}

/** Starts a shop on its own port and database. */
export async function startShop(
  t: Pick<ExecutionContext, 'teardown'>,
  {holds, payments: openPayments, poolSize = 16, ...overrides}: ShopOptions = {},
): Promise<TestShop> {
  const database = await createDatabase(t, {poolSize})
  const errors: object[] = []
  const lines: LogLine[] = []
  const logAt = (level: LogLine['level']) => (fields: object) => {
    lines.push({...fields, level})
    if ('err' in fields || 'reason' in fields) errors.push(fields)
  }
  const payments = openPayments?.(database)
  const provider = payments?.testGateway ? 'test' : 'stripe'
  const api = payments ? paidApi(provider) : apiWithoutPayments
  const context: AppContext = {
    db: database.db,
    reads: overrides.db ?? database.db,
    logins: overrides.db ?? database.db,
    readCatalogue: async (_, read) => read(overrides.reads ?? overrides.db ?? database.db),
    readOrders: async (_, read) => read(overrides.db ?? database.db),
    notesWrites: false,
    findTokenUser: createTokenLookup(database.db),
    callers: createOrderCallers(overrides.findTokenUser ?? createTokenLookup(database.db)),
    findReader: overrides.findTokenUser ?? createTokenLookup(database.db),
    checkout: new CheckoutQueue(database.db, {
      ...{lanes: 2, batchSize: 100, limit: 2000},
      holds: {...defaultHoldSettings, ...holds},
    }),
    bcrypt: {takeTurn: async (task) => task(checkPassword)},
    loginLimits: defaultLoginLimits,
    log: {info: logAt('info'), warn: logAt('warn'), error: logAt('error')},
    readiness: {check: async () => Promise.resolve()},
    metrics: undefined,
    tracing: undefined,
    currency: 'USD',
    tokenDays: 30,
    trustProxy: 'loopback',
    hosts: [],
    basePath: '',
    corsOrigins: [],
    description: payments ? createDescription(api.document) : description,
    payments,
    ...overrides,
  }
  const app = createApp(context, payments ? paidResources(provider) : resources)
  const {url: origin, close} = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    onRefusal: logRefusals(context.log, context.metrics),
  })
  t.teardown(async () => {
    await close(0)
    recordOutput(lines.map(toText).join('\n'))
  })

  const send: TestShop['send'] = async (method, path, {json, body, headers} = {}) => {
    const init: RequestInit = {method, headers: new Headers(headers)}
    if (json !== undefined) {
      init.body = JSON.stringify(json)
      ;(init.headers as Headers).set('content-type', 'application/json')
    } else if (body !== undefined) init.body = body
    return ask(origin + path, init, api)
  }
  return {...database, app, origin, api, errors, lines, send}
}

/** One shop, with what `fill` writes, for all tests of a file that leave it as it was. */
export function shareShop(test: TestFn, fill?: (shop: TestShop) => Promise<unknown>): () => TestShop {
  let shared: TestShop | undefined
  const ends: (() => unknown)[] = []
  test.before(async () => {
    shared = await startShop({teardown: (end) => ends.unshift(end)})
    await fill?.(shared)
  })
  test.after.always(async () => {
    for (const end of ends) await end()
  })
  return () => {
    if (!shared) throw new Error('The shop is started before the first test.')
    return shared
  }
}

/** As pino writes it. */
function toText({err, ...line}: LogLine): string {
  return JSON.stringify({...line, ...(err instanceof Error && {err: stdSerializers.err(err)})})
}

/** Adds a user with a token, and returns the headers that authenticate the user. */
export async function addCaller(shop: TestDatabase): Promise<{userId: number; headers: {authorization: string}}> {
  const userId = await addUser(shop.db)
  return {userId, headers: {authorization: `Token ${await addToken(shop.db, userId)}`}}
}
