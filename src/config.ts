import {isAbsolute} from 'node:path'

import {z} from 'zod'

import {ConfigurationError} from './errors.ts'
import {type Currency, isCurrency} from './money.ts'

/** Where the shop's data is: a server somebody runs, or one that the shop starts itself in a folder. */
export type DatabaseLocation =
  | {kind: 'url'; url: string}
  | {kind: 'server'; host: string; port: number; database: string; user: string; password: string | undefined}
  | {kind: 'embedded'; dataDir: string}

export type Config = {
  database: DatabaseLocation
  /** How a server places its orders; see CheckoutQueue. */
  checkout: {lanes: number; batchSize: number; limit: number}
  /** Connections that one process holds at most. */
  poolSize: number
  /** How long to wait for a database that is not up yet. */
  databaseWaitSeconds: number
  /** Whose `X-Forwarded-*` headers to believe, in Express's notation. */
  trustProxy: string
  /** The currency of prices where a request names none. */
  currency: Currency
  /** https://no-color.org */
  noColor: boolean
  /** After how many days a token that a login gave ends. */
  tokenDays: number
}

const port = z.coerce.number().int().min(0).max(65_535)

const Environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a URL such as postgres://user:password@host:5432/database')
    .optional(),
  POSTGRES_HOST: z.string().optional(),
  POSTGRES_PORT: port.default(5432),
  POSTGRES_DB: z.string().optional(),
  POSTGRES_USER: z.string().optional(),
  POSTGRES_PASSWORD: z.string().optional(),
  SHOP_DATA_DIR: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  SHOP_POOL_SIZE: z.coerce.number().int().min(2).max(1000).default(10),
  SHOP_CHECKOUT_LANES: z.coerce.number().int().min(1).max(100).default(2),
  SHOP_CHECKOUT_BATCH: z.coerce.number().int().min(1).max(1000).default(100),
  SHOP_CHECKOUT_QUEUE: z.coerce.number().int().min(1).max(1_000_000).default(2000),
  SHOP_DATABASE_WAIT: z.coerce.number().min(0).max(3600).default(30),
  SHOP_TRUST_PROXY: z.string().default('loopback, linklocal, uniquelocal'),
  SHOP_TOKEN_DAYS: z.coerce.number().int().min(1).max(36_500).default(365),
  SHOP_CURRENCY: z.string().refine(isCurrency, 'must be an ISO 4217 code such as USD').default('USD'),
  NO_COLOR: z.string().optional(),
})

/** The environment as a Config. An empty variable counts as one that is not set, as in docker-compose. */
export function readConfig(environment: NodeJS.ProcessEnv, defaults: {dataDir: string}): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = Environment.safeParse(set)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigurationError(`The environment is not usable. ${problems.join('; ')}`)
  }

  const env = result.data
  return {
    database: locateDatabase(env, defaults.dataDir),
    checkout: {lanes: env.SHOP_CHECKOUT_LANES, batchSize: env.SHOP_CHECKOUT_BATCH, limit: env.SHOP_CHECKOUT_QUEUE},
    poolSize: env.SHOP_POOL_SIZE,
    databaseWaitSeconds: env.SHOP_DATABASE_WAIT,
    trustProxy: env.SHOP_TRUST_PROXY,
    currency: env.SHOP_CURRENCY,
    noColor: env.NO_COLOR !== undefined,
    tokenDays: env.SHOP_TOKEN_DAYS,
  }
}

function locateDatabase(env: z.infer<typeof Environment>, defaultDataDir: string): DatabaseLocation {
  if (env.DATABASE_URL !== undefined) return {kind: 'url', url: env.DATABASE_URL}
  if (env.POSTGRES_HOST ?? env.POSTGRES_DB ?? env.POSTGRES_USER ?? env.POSTGRES_PASSWORD) {
    return {
      kind: 'server',
      host: env.POSTGRES_HOST ?? 'localhost',
      port: env.POSTGRES_PORT,
      database: env.POSTGRES_DB ?? 'mattshop',
      user: env.POSTGRES_USER ?? 'postgres',
      password: env.POSTGRES_PASSWORD,
    }
  }
  return {kind: 'embedded', dataDir: env.SHOP_DATA_DIR ?? defaultDataDir}
}
