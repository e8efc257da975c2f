import {isIP} from 'node:net'
import {isAbsolute} from 'node:path'

import {closest, distance} from 'fastest-levenshtein'
import proxyaddr from 'proxy-addr'

import {parseBasePath} from './base-path.ts'
import {ConfigurationError} from './errors.ts'
import {type Currency, isCurrency} from './money.ts'
import {isAtMost} from './text.ts'
import {
  captureTimes,
  defaultPaymentSettings,
  paymentModes,
  paymentProviders,
  type PaymentSettings,
} from './payment-settings.ts'
import {defaultLoginLimits, type LoginLimits} from './login-limits.ts'
import {defaultHoldSettings, type HoldSettings, holdTimes} from './hold-settings.ts'

/** A PostgreSQL server that somebody else runs, or one that the shop starts itself in a folder. */
export type DatabaseLocation =
  | {kind: 'url'; url: string}
  | {kind: 'server'; host: string; port: number; database: string; user: string; password: string | undefined}
  | {kind: 'embedded'; dataDir: string}

export type ReplicaSettings = {
  urls: string[]
  /** How far behind the primary a replica may be that is read, in seconds. */
  lagSeconds: number
}

export type Config = {
  database: DatabaseLocation
  /** Where lists, products and orders may be read as well; undefined without replicas. */
  replicas: ReplicaSettings | undefined
  /** The settings of each process's CheckoutQueue. */
  checkout: {lanes: number; batchSize: number; limit: number}
  /** When and for how long baskets hold stock. */
  holds: HoldSettings
  /** Whether and how orders are paid. */
  payments: PaymentSettings
  /** The most items of an order. */
  orderItems: number
  /** The maximum number of database connections of one process, besides those of `readPoolSize` and of the checkout. */
  poolSize: number
  /** The maximum number of database connections for public reads: lists and products. */
  readPoolSize: number
  /** Whether sessions may be prepared: off for a pooler that lends them for one transaction at a time. */
  prepared: boolean
  /** Owns the tables and migrates them, if the role of `database` does not. */
  owner: DatabaseLocation | undefined
  /** Whether a server refuses a database that a newer version migrated. */
  newerSchema: (typeof newerSchemas)[number]
  /** How long to wait for a database that has not started yet. */
  databaseWaitSeconds: number
  /** How long a server that is told to stop serves on, so that load balancers notice. */
  drainSeconds: number
  /** Where Prometheus gets the metrics; undefined if they are off. */
  metrics: {host: string; port: number} | undefined
  /** How long the embedded database stays up after the last command that used it. */
  embeddedLingerSeconds: number
  /** The proxies whose `X-Forwarded-*` headers are trusted, in Express's notation. */
  trustProxy: string
  /** The host names of the shop, in lower case; `.example.com` stands for all below it. Empty if any name will do. */
  hosts: string[]
  /** The path below which clients find the shop, without a slash at its end; empty for the root. */
  basePath: string
  /** The origins whose pages may call the shop. */
  corsOrigins: string[]
  /** The most connections of clients to one process. */
  maxConnections: number
  /** The least level of what the server logs. */
  logLevel: LogLevel
  /** The currency of requests that name none. */
  currency: Currency
  /** https://no-color.org */
  noColor: boolean
  /** How many days a token from a login is valid. */
  tokenDays: number
  /** How many logins may fail before others are refused. */
  loginLimits: LoginLimits
  /** Who runs commands; by default the user of the system. */
  operator: string | undefined
  /** Variables that are nearly settings. */
  misspelled: MisspelledSetting[]
}

export type MisspelledSetting = {name: string; meant: string}

const newerSchemas = ['refuse', 'serve'] as const

/** Those of pino. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** In seconds: what a user wrote counts for twice as long. */
export const maxReplicaLag = 60

/** A century. */
export const maxTokenDays = 36_500

/** Reads the environment. An empty variable counts as unset, because docker-compose.yml sets variables to ''. */
export function readConfig(environment: NodeJS.ProcessEnv, defaults: {dataDir: string}): Config {
  const env = new Environment(environment)
  const poolSize = env.number('SHOP_POOL_SIZE', {from: 2, to: 1000}) ?? 10
  const orderItems = env.number('SHOP_ORDER_ITEMS', {from: 1, to: 1000}) ?? 100
  const config: Config = {
    database: locateDatabase(env, defaults.dataDir),
    replicas: readReplicas(env),
    checkout: {
      lanes: env.number('SHOP_CHECKOUT_LANES', {from: 1, to: 100}) ?? 2,
      batchSize: env.number('SHOP_CHECKOUT_BATCH', {from: 1, to: 1000}) ?? 100,
      // The queue counts items, and must have room for the largest order.
      limit: Math.max(env.number('SHOP_CHECKOUT_QUEUE', {from: 1, to: 1_000_000}) ?? 2000, orderItems),
    },
    orderItems,
    holds: readHolds(env, orderItems),
    payments: readPayments(env),
    poolSize,
    readPoolSize: env.number('SHOP_READ_POOL_SIZE', {from: 1, to: 1000}) ?? Math.ceil(poolSize / 2),
    prepared: env.choice('SHOP_PREPARED', ['on', 'off']) !== 'off',
    owner: locateOwner(env),
    newerSchema: env.choice('SHOP_NEWER_SCHEMA', newerSchemas) ?? 'refuse',
    databaseWaitSeconds: env.number('SHOP_DATABASE_WAIT', {from: 0, to: 3600, isFraction: true}) ?? 30,
    drainSeconds: env.number('SHOP_DRAIN_SECONDS', {from: 0, to: 600, isFraction: true}) ?? 0,
    metrics: readMetrics(env),
    embeddedLingerSeconds: env.number('SHOP_EMBEDDED_LINGER', {from: 0, to: 86_400}) ?? 60,
    trustProxy: env.text('SHOP_TRUST_PROXY', trustRule) ?? 'loopback, linklocal, uniquelocal',
    hosts: (
      env.text('SHOP_HOSTS', {is: isHostList, what: 'a list of host names such as example.com, .example.org'}) ?? ''
    )
      .toLowerCase()
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
    basePath: parseBasePath(env.text('SHOP_BASE_PATH', basePathRule) ?? '') ?? '',
    corsOrigins: env.list('SHOP_CORS_ORIGINS', originRule).map(toOrigin),
    maxConnections: env.number('SHOP_MAX_CONNECTIONS', {from: 1, to: 1_000_000}) ?? 5000,
    logLevel: env.choice('SHOP_LOG_LEVEL', logLevels) ?? 'info',
    currency: env.text('SHOP_CURRENCY', {is: isCurrency, what: 'an ISO 4217 code such as USD'}) ?? 'USD',
    noColor: env.text('NO_COLOR') !== undefined,
    tokenDays: env.number('SHOP_TOKEN_DAYS', {from: 1, to: maxTokenDays}) ?? 365,
    loginLimits: {
      accountTries: env.number('SHOP_LOGIN_ACCOUNT_TRIES', {from: 0, to: 1_000_000}) ?? defaultLoginLimits.accountTries,
      addressTries: env.number('SHOP_LOGIN_ADDRESS_TRIES', {from: 0, to: 1_000_000}) ?? defaultLoginLimits.addressTries,
    },
    operator: env.text('SHOP_OPERATOR', {
      is: isOperatorName,
      what: 'a name of at most 100 characters',
    }),
    // The last, since it has to know all others.
    misspelled: env.misspelled(),
  }
  if (env.problems.length > 0) {
    throw new ConfigurationError(`Invalid environment: ${env.problems.join('; ')}.`)
  }
  return config
}

function readHolds(env: Environment, orderItems: number): HoldSettings {
  const holdSeconds = env.number('SHOP_HOLD_SECONDS', {from: 1, to: 86_400}) ?? defaultHoldSettings.holdSeconds
  const longest = env.number('SHOP_HOLD_MAX_SECONDS', {from: 1, to: 604_800})
  if (longest !== undefined && longest < holdSeconds) {
    env.problems.push(`SHOP_HOLD_MAX_SECONDS must be at least SHOP_HOLD_SECONDS, which is ${holdSeconds}`)
  }
  return {
    hold: env.choice('SHOP_HOLD', holdTimes) ?? defaultHoldSettings.hold,
    holdSeconds,
    holdMaxSeconds: longest ?? Math.max(defaultHoldSettings.holdMaxSeconds, holdSeconds),
    holdUserRate: env.number('SHOP_HOLD_USER_RATE', {from: 1, to: 1_000_000}) ?? defaultHoldSettings.holdUserRate,
    // A basket is ordered as a whole.
    basketLines: Math.min(orderItems, defaultHoldSettings.basketLines),
  }
}

function readMetrics(env: Environment): Config['metrics'] {
  const host = env.text('SHOP_METRICS_HOST') ?? '127.0.0.1'
  const port = env.number('SHOP_METRICS_PORT', {from: 0, to: 65_535})
  return port === undefined ? undefined : {host, port}
}

function readPayments(env: Environment): PaymentSettings {
  const none = defaultPaymentSettings
  const mode = env.choice('SHOP_PAYMENT', paymentModes) ?? none.mode
  const named = env.choice('SHOP_PAYMENT_PROVIDER', paymentProviders)
  const secretKey = env.text('STRIPE_SECRET_KEY', {
    is: (text) => /^(sk|rk)_/.test(text),
    what: 'a secret key of Stripe',
  })
  const settings: PaymentSettings = {
    mode,
    provider: named ?? none.provider,
    capture: env.choice('SHOP_PAYMENT_CAPTURE', captureTimes) ?? none.capture,
    stripe: secretKey === undefined ? undefined : {secretKey, webhookSecrets: env.list('STRIPE_WEBHOOK_SECRET')},
    test: {
      delayMs: env.number('SHOP_TEST_PROVIDER_DELAY_MS', {from: 0, to: 60_000}) ?? none.test.delayMs,
      webhookSecrets:
        env.text('SHOP_TEST_PROVIDER_SECRET') === undefined
          ? none.test.webhookSecrets
          : env.list('SHOP_TEST_PROVIDER_SECRET'),
    },
  }
  if (mode === 'none') return settings
  if (named === undefined && env.text('NODE_ENV') === 'production') {
    env.problems.push('SHOP_PAYMENT_PROVIDER must be named in production')
  }
  if (named === 'stripe' && !settings.stripe) env.problems.push('STRIPE_SECRET_KEY must be set for the provider stripe')
  return settings
}

const basePathRule = {is: (text: string) => parseBasePath(text) !== undefined, what: 'a path such as /shop'}

const originRule = {is: isOrigin, what: 'a list of origins such as https://shop.example, https://app.example:8443'}

/** An opaque origin, such as that of a file, is `null`, and so is that of any page in a sandbox. */
function isOrigin(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s*]+\/?$/i.test(text) && URL.canParse(text)
}

/** As browsers write it: without the usual port. An app's own scheme has no origin by the URL standard. */
function toOrigin(text: string): string {
  const {origin, protocol, host} = new URL(text)
  return origin === 'null' ? `${protocol}//${host}` : origin
}

const trustRule = {
  is: isTrustProxy,
  what: 'a list of addresses and ranges such as 203.0.113.7, 10.0.0.0/8 or loopback, linklocal, uniquelocal',
}

/** A line that tables can show. */
function isOperatorName(text: string): boolean {
  return isAtMost(text, 100) && text.trim() !== '' && !/\p{Cc}/u.test(text)
}

/**
 * Express reads its setting `trust proxy` like this, but only when the server starts. By itself it would take `1`, which
 * elsewhere is a number of proxies, for the address 0.0.0.1.
 */
function isTrustProxy(text: string): boolean {
  const ranges = text.split(',').map((range) => range.trim())
  try {
    proxyaddr.compile(ranges)
    return ranges.every((range) => /^[a-z]+$/.test(range) || isIP(range.replace(/\/.*$/, '')) !== 0)
  } catch {
    return false
  }
}

function isHostList(text: string): boolean {
  return text.split(',').every((host) => /^(?:\.?[\w-]+(?:\.[\w-]+)*|\[[0-9a-f:.]+\])$/i.test(host.trim()))
}

const databaseUrlRule = {
  is: (text: string) => /^postgres(ql)?:\/\//.test(text),
  what: 'a URL such as postgres://user:password@host:5432/database',
}

function locateOwner(env: Environment): DatabaseLocation | undefined {
  const url = env.text('SHOP_MIGRATE_URL', databaseUrlRule)
  if (url === undefined) return undefined
  if (locateDatabase(env, '').kind === 'embedded') {
    env.problems.push(
      'SHOP_MIGRATE_URL also needs DATABASE_URL, or POSTGRES_HOST, POSTGRES_USER, ..., for another role',
    )
  }
  return {kind: 'url', url}
}

function locateDatabase(env: Environment, defaultDataDir: string): DatabaseLocation {
  const url = env.text('DATABASE_URL', databaseUrlRule)
  if (url !== undefined) return {kind: 'url', url}

  const [host, database, user] = [env.text('POSTGRES_HOST'), env.text('POSTGRES_DB'), env.text('POSTGRES_USER')]
  const password = env.text('POSTGRES_PASSWORD')
  const port = env.number('POSTGRES_PORT', {from: 0, to: 65_535}) ?? 5432
  if (host ?? database ?? user ?? password) {
    const names = {host: host ?? 'localhost', database: database ?? 'mattshop', user: user ?? 'postgres'}
    return {kind: 'server', port, password, ...names}
  }
  const dataDir = env.text('SHOP_DATA_DIR', {is: isAbsolute, what: 'an absolute path'})
  return {kind: 'embedded', dataDir: dataDir ?? defaultDataDir}
}

/** A URL may name several hosts between commas, so only a comma or a space in front of a URL separates two. */
const betweenUrls = /[\s,]+(?=postgres(?:ql)?:\/\/)/
const replicaUrlsRule = {
  is: (text: string) => splitUrls(text).every((url) => databaseUrlRule.is(url) && isOneServer(url)),
  what: 'one or several URLs such as postgres://user:password@host:5432/database, each of one host and without target_session_attrs',
}

function splitUrls(text: string): string[] {
  return text
    .replace(/[\s,]+$/, '')
    .trimStart()
    .split(betweenUrls)
}

/** A host that has to accept writes is never a replica, and of several hosts pg would not choose. */
function isOneServer(url: string): boolean {
  const [, authority = '', rest = ''] = /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)(.*)$/s.exec(url) ?? []
  return !/[\s,]/.test(authority) && !/[?&]host=[^&]*(?:,|%2C)|[?&]target_session_attrs=|\s/i.test(rest)
}

function readReplicas(env: Environment): ReplicaSettings | undefined {
  const text = env.text('DATABASE_REPLICA_URL', replicaUrlsRule)
  const lagSeconds = env.number('SHOP_REPLICA_LAG', {from: 0.1, to: maxReplicaLag, isFraction: true}) ?? 1
  return text === undefined ? undefined : {urls: splitUrls(text), lagSeconds}
}

type Rule = {is: (text: string) => boolean; what: string}

/** Two letters that are exchanged count as two. */
const mostSlips = 2

/** Reads variables and collects what is wrong with them. Loading zod for this would take a fifth of a command's time. */
class Environment {
  readonly problems: string[] = []
  readonly #variables: NodeJS.ProcessEnv
  /** Those that were asked for, and that of the flag `--workers`. */
  readonly #names = new Set(['SHOP_WORKERS'])

  constructor(variables: NodeJS.ProcessEnv) {
    this.#variables = variables
  }

  text(name: string, rule?: Rule): string | undefined {
    this.#names.add(name)
    const text = this.#variables[name]
    if (text === undefined || text === '') return undefined
    if (rule && !rule.is(text)) this.problems.push(`${name} must be ${rule.what}`)
    return text
  }

  /** Other variables may begin with SHOP_ as well: Kubernetes sets some for a service `shop`. */
  misspelled(): MisspelledSetting[] {
    const known = [...this.#names]
    return Object.keys(this.#variables)
      .filter((name) => /^(?:SHOP|STRIPE)_/.test(name) && !this.#names.has(name))
      .map((name) => ({name, meant: closest(name, known)}))
      .filter(({name, meant}) => distance(name, meant) <= mostSlips)
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const is = (text: string): boolean => choices.some((choice) => choice === text)
    const text = this.text(name, {is, what: `one of ${choices.join(', ')}`})
    return choices.find((choice) => choice === text)
  }

  /** Texts between commas. Those that break the rule are left out. */
  list(name: string, {is, what}: Rule = {is: () => true, what: ''}): string[] {
    const texts = this.text(name)?.split(',') ?? []
    const list = texts.map((text) => text.trim()).filter((text) => text !== '')
    if (!list.every(is)) this.problems.push(`${name} must be ${what}`)
    return list.filter(is)
  }

  number(
    name: string,
    {from, to, isFraction = false}: {from: number; to: number; isFraction?: boolean},
  ): number | undefined {
    const pattern = isFraction ? /^\d+(\.\d+)?$/ : /^\d+$/
    const what = `a ${isFraction ? '' : 'whole '}number from ${from} to ${to}`
    const is = (text: string): boolean => pattern.test(text) && Number(text) >= from && Number(text) <= to
    const text = this.text(name, {is, what})
    return text === undefined ? undefined : Number(text)
  }
}
