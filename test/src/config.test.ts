import test from 'ava'

import {readConfig} from '../../src/config.ts'
import {ConfigurationError} from '../../src/errors.ts'

const defaults = {dataDir: '/var/lib/shop'}

test('without a database in the environment, the embedded one in the data folder is used', (t) => {
  t.deepEqual(readConfig({}, defaults).database, {kind: 'embedded', dataDir: '/var/lib/shop'})
  t.deepEqual(readConfig({SHOP_DATA_DIR: '/srv/shop'}, defaults).database, {kind: 'embedded', dataDir: '/srv/shop'})
})

test('DATABASE_URL takes precedence over POSTGRES_*', (t) => {
  const url = 'postgres://shop@db/shop'
  t.deepEqual(readConfig({DATABASE_URL: url, POSTGRES_HOST: 'other'}, defaults).database, {kind: 'url', url})
})

test('POSTGRES_* have the same defaults as in the Django shop', (t) => {
  t.deepEqual(readConfig({POSTGRES_HOST: 'db', POSTGRES_PASSWORD: 'secret'}, defaults).database, {
    kind: 'server',
    host: 'db',
    port: 5432,
    database: 'mattshop',
    user: 'postgres',
    password: 'secret',
  })
})

test('an empty variable counts as unset', (t) => {
  const config = readConfig(
    {DATABASE_URL: '', POSTGRES_HOST: '', SHOP_POOL_SIZE: '', SHOP_READ_POOL_SIZE: ''},
    defaults,
  )
  t.is(config.database.kind, 'embedded')
  t.is(config.poolSize, 10)
  t.is(config.readPoolSize, 5)
})

test('public reads have half as many connections as everything else, unless they are given a number', (t) => {
  t.is(readConfig({SHOP_POOL_SIZE: '3'}, defaults).readPoolSize, 2)
  t.is(readConfig({SHOP_POOL_SIZE: '3', SHOP_READ_POOL_SIZE: '1'}, defaults).readPoolSize, 1)
})

test('replicas are URLs between spaces or commas, each of one host', (t) => {
  const [one, two] = ['postgres://shop:a,b@r1/shop', 'postgresql://shop@r2:5433/shop?sslmode=require']
  const read = (text: string) => readConfig({DATABASE_REPLICA_URL: text}, defaults).replicas
  t.is(readConfig({SHOP_REPLICA_LAG: '5'}, defaults).replicas, undefined)
  t.deepEqual(read(one), {urls: [one], lagSeconds: 1})
  for (const between of [' ', ',', ', ', '\n  ']) t.deepEqual(read(one + between + two)?.urls, [one, two])
  t.deepEqual(read(` ${one}, `)?.urls, [one])
  t.is(readConfig({DATABASE_REPLICA_URL: one, SHOP_REPLICA_LAG: '0.5'}, defaults).replicas?.lagSeconds, 0.5)
})

test('logins are limited, unless a limit is turned off', (t) => {
  t.deepEqual(readConfig({}, defaults).loginLimits, {accountTries: 20, addressTries: 100})
  const none = {SHOP_LOGIN_ACCOUNT_TRIES: '0', SHOP_LOGIN_ADDRESS_TRIES: '0'}
  t.deepEqual(readConfig(none, defaults).loginLimits, {accountTries: 0, addressTries: 0})
})

const refuses = test.macro<[NodeJS.ProcessEnv, RegExp]>({
  exec(t, environment: NodeJS.ProcessEnv, message: RegExp) {
    const error = t.throws(() => readConfig(environment, defaults), {instanceOf: ConfigurationError})
    t.regex(error.message, message)
  },
  title: (_, environment) => `refuses ${JSON.stringify(environment)}, naming the variable`,
})

test('the embedded database stays up for a minute, or for as long as it is told', (t) => {
  t.is(readConfig({}, defaults).embeddedLingerSeconds, 60)
  t.is(readConfig({SHOP_EMBEDDED_LINGER: '0'}, defaults).embeddedLingerSeconds, 0)
})

test('SHOP_MIGRATE_URL is the owner of the tables of a database that others run', (t) => {
  const [api, owner] = ['postgres://api@db/shop', 'postgres://owner@db/shop']
  t.is(readConfig({DATABASE_URL: api}, defaults).owner, undefined)
  t.deepEqual(readConfig({DATABASE_URL: api, SHOP_MIGRATE_URL: owner}, defaults).owner, {kind: 'url', url: owner})
})

test('a server stops at once, and refuses a newer schema, unless it is told otherwise', (t) => {
  t.like(readConfig({}, defaults), {drainSeconds: 0, newerSchema: 'refuse'})
  const given = {SHOP_DRAIN_SECONDS: '2.5', SHOP_NEWER_SCHEMA: 'serve'}
  t.like(readConfig(given, defaults), {drainSeconds: 2.5, newerSchema: 'serve'})
})

test(refuses, {SHOP_MIGRATE_URL: 'postgres://owner@db/shop'}, /SHOP_MIGRATE_URL also needs DATABASE_URL/)
test(refuses, {DATABASE_URL: 'postgres://db/shop', SHOP_MIGRATE_URL: 'x'}, /SHOP_MIGRATE_URL must be a URL/)
test(refuses, {DATABASE_REPLICA_URL: 'postgres://r1,r2/shop'}, /DATABASE_REPLICA_URL must be one or several URLs/)
test(refuses, {DATABASE_REPLICA_URL: 'postgres://r1/shop?host=r1,r2'}, /each of one host/)
test(refuses, {DATABASE_REPLICA_URL: 'postgres://r1/shop?target_session_attrs=standby'}, /without target_session_attrs/)
test(
  refuses,
  {DATABASE_REPLICA_URL: 'postgres://r1/shop?a=b&target_session_attrs=primary'},
  /without target_session_attrs/,
)
test(refuses, {DATABASE_REPLICA_URL: 'r1:5432'}, /DATABASE_REPLICA_URL must be/)
test(refuses, {SHOP_REPLICA_LAG: '61'}, /SHOP_REPLICA_LAG must be a number from 0.1 to 60/)
test(refuses, {SHOP_DRAIN_SECONDS: '601'}, /SHOP_DRAIN_SECONDS must be a number from 0 to 600/)
test(refuses, {SHOP_NEWER_SCHEMA: 'yes'}, /SHOP_NEWER_SCHEMA must be one of refuse, serve/)
test('metrics are off by default, and on loopback if they are on', (t) => {
  t.is(readConfig({}, defaults).metrics, undefined)
  t.deepEqual(readConfig({SHOP_METRICS_PORT: '9464'}, defaults).metrics, {host: '127.0.0.1', port: 9464})
  t.deepEqual(readConfig({SHOP_METRICS_PORT: '9464', SHOP_METRICS_HOST: '0.0.0.0'}, defaults).metrics, {
    host: '0.0.0.0',
    port: 9464,
  })
})

test(refuses, {SHOP_METRICS_PORT: '70000'}, /SHOP_METRICS_PORT must be a whole number from 0 to 65535/)
test(refuses, {SHOP_EMBEDDED_LINGER: '-1'}, /SHOP_EMBEDDED_LINGER must be a whole number/)
test(refuses, {DATABASE_URL: 'mysql://x'}, /DATABASE_URL must be a URL/)
test(refuses, {SHOP_POOL_SIZE: 'many'}, /SHOP_POOL_SIZE must be a whole number from 2 to 1000/)
test(refuses, {SHOP_LOGIN_ACCOUNT_TRIES: '-1'}, /SHOP_LOGIN_ACCOUNT_TRIES must be a whole number from 0 to 1000000/)
test(refuses, {SHOP_LOGIN_ADDRESS_TRIES: 'x'}, /SHOP_LOGIN_ADDRESS_TRIES/)
test(refuses, {SHOP_POOL_SIZE: '1'}, /SHOP_POOL_SIZE/)
test('the checkout queue has room for the largest order', (t) => {
  t.is(readConfig({}, defaults).checkout.limit, 2000)
  t.is(readConfig({SHOP_CHECKOUT_QUEUE: '50'}, defaults).checkout.limit, 100)
  t.is(readConfig({SHOP_CHECKOUT_QUEUE: '50', SHOP_ORDER_ITEMS: '20'}, defaults).checkout.limit, 50)
})

test('SHOP_HOSTS is a list, and empty by default', (t) => {
  t.deepEqual(readConfig({}, defaults).hosts, [])
  t.deepEqual(readConfig({SHOP_HOSTS: 'Example.com, .example.org,[::1]'}, defaults).hosts, [
    'example.com',
    '.example.org',
    '[::1]',
  ])
})

test('SHOP_BASE_PATH is a path without a slash at its end', (t) => {
  t.is(readConfig({}, defaults).basePath, '')
  t.is(readConfig({SHOP_BASE_PATH: '/'}, defaults).basePath, '')
  t.is(readConfig({SHOP_BASE_PATH: '/a/shop/'}, defaults).basePath, '/a/shop')
})

test('SHOP_CORS_ORIGINS are origins as browsers write them, and none by default', (t) => {
  t.deepEqual(readConfig({}, defaults).corsOrigins, [])
  const SHOP_CORS_ORIGINS = 'https://Shop.example:443/, http://localhost:3000,http://[::1]:80,capacitor://localhost'
  t.deepEqual(readConfig({SHOP_CORS_ORIGINS}, defaults).corsOrigins, [
    'https://shop.example',
    'http://localhost:3000',
    'http://[::1]',
    'capacitor://localhost',
  ])
})

test('a process has at most 5000 connections, and logs from info on', (t) => {
  t.like(readConfig({}, defaults), {maxConnections: 5000, logLevel: 'info'})
  t.like(readConfig({SHOP_MAX_CONNECTIONS: '1', SHOP_LOG_LEVEL: 'silent'}, defaults), {
    maxConnections: 1,
    logLevel: 'silent',
  })
})

for (const SHOP_BASE_PATH of ['shop', '//evil.example', '/a/../b', 'https://shop.example/']) {
  test(refuses, {SHOP_BASE_PATH}, /SHOP_BASE_PATH must be a path such as \/shop/)
}
for (const SHOP_CORS_ORIGINS of [
  '*',
  'null',
  'https://*.example',
  'shop.example',
  'https://a.example/path',
  'https://user@a',
]) {
  test(refuses, {SHOP_CORS_ORIGINS}, /SHOP_CORS_ORIGINS must be a list of origins/)
}
test(refuses, {SHOP_MAX_CONNECTIONS: '0'}, /SHOP_MAX_CONNECTIONS must be a whole number from 1/)
test(refuses, {SHOP_LOG_LEVEL: 'loud'}, /SHOP_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent/)

test('stock is held for five minutes from each addition, and for fifteen in all', (t) => {
  t.deepEqual(readConfig({}, defaults).holds, {
    hold: 'add',
    holdSeconds: 300,
    holdMaxSeconds: 900,
    holdUserRate: 120,
    basketLines: 100,
  })
  const environment = {
    SHOP_HOLD: 'checkout',
    SHOP_HOLD_SECONDS: '60',
    SHOP_HOLD_MAX_SECONDS: '60',
    SHOP_HOLD_USER_RATE: '5',
  }
  t.like(readConfig(environment, defaults).holds, {
    hold: 'checkout',
    holdSeconds: 60,
    holdMaxSeconds: 60,
    holdUserRate: 5,
  })
})

test('without SHOP_HOLD_MAX_SECONDS, the maximum is never below SHOP_HOLD_SECONDS', (t) => {
  t.is(readConfig({SHOP_HOLD_SECONDS: '3600'}, defaults).holds.holdMaxSeconds, 3600)
  t.is(readConfig({SHOP_HOLD_SECONDS: '60'}, defaults).holds.holdMaxSeconds, 900)
})

test('a basket has at most 100 lines, and no more than an order may have', (t) => {
  t.is(readConfig({SHOP_ORDER_ITEMS: '20'}, defaults).holds.basketLines, 20)
  t.is(readConfig({SHOP_ORDER_ITEMS: '1000'}, defaults).holds.basketLines, 100)
})

test(refuses, {SHOP_HOLD: 'always'}, /SHOP_HOLD must be one of add, checkout, off\./)
test(refuses, {SHOP_HOLD_SECONDS: '0'}, /SHOP_HOLD_SECONDS must be a whole number from 1 to 86400/)
test(refuses, {SHOP_HOLD_SECONDS: '86401'}, /SHOP_HOLD_SECONDS/)
test(refuses, {SHOP_HOLD_MAX_SECONDS: '604801'}, /SHOP_HOLD_MAX_SECONDS must be a whole number from 1 to 604800/)
test(
  refuses,
  {SHOP_HOLD_MAX_SECONDS: '299'},
  /SHOP_HOLD_MAX_SECONDS must be at least SHOP_HOLD_SECONDS, which is 300\./,
)
test(
  refuses,
  {SHOP_HOLD_SECONDS: '60', SHOP_HOLD_MAX_SECONDS: '59'},
  /SHOP_HOLD_MAX_SECONDS must be at least SHOP_HOLD_SECONDS, which is 60\./,
)
test(refuses, {SHOP_HOLD_USER_RATE: '0'}, /SHOP_HOLD_USER_RATE must be a whole number from 1 to 1000000/)

test(refuses, {SHOP_HOSTS: 'https://example.com'}, /SHOP_HOSTS must be a list of host names/)
test(refuses, {SHOP_HOSTS: 'a,,b'}, /SHOP_HOSTS/)
test(refuses, {SHOP_ORDER_ITEMS: '0'}, /SHOP_ORDER_ITEMS must be a whole number from 1 to 1000/)
test(refuses, {SHOP_ORDER_ITEMS: '1001'}, /SHOP_ORDER_ITEMS/)
test(refuses, {SHOP_READ_POOL_SIZE: '0'}, /SHOP_READ_POOL_SIZE must be a whole number from 1 to 1000/)
test(refuses, {SHOP_TOKEN_DAYS: '1.5'}, /SHOP_TOKEN_DAYS/)
test('an operator has a name of at most 100 characters', (t) => {
  t.is(readConfig({SHOP_OPERATOR: '🍋'.repeat(100)}, defaults).operator, '🍋'.repeat(100))
})

test(refuses, {SHOP_OPERATOR: 'a'.repeat(101)}, /SHOP_OPERATOR must be a name of at most 100 characters/)
test(refuses, {SHOP_OPERATOR: 'an\nna'}, /SHOP_OPERATOR/)
test(refuses, {SHOP_DATABASE_WAIT: '-1', SHOP_CHECKOUT_LANES: '0'}, /SHOP_CHECKOUT_LANES.*SHOP_DATABASE_WAIT/)
test(refuses, {SHOP_CURRENCY: 'XXY'}, /SHOP_CURRENCY must be an ISO 4217 code/)
test(refuses, {POSTGRES_PORT: '70000'}, /POSTGRES_PORT/)
test(refuses, {SHOP_DATA_DIR: 'data'}, /SHOP_DATA_DIR must be an absolute path/)

test('settings that are misspelled are told, and no other variables', (t) => {
  const {misspelled} = readConfig(
    {
      ...{
        SHOP_PAYMNET: 'required',
        SHOP_HOST: 'example.com',
        STRIPE_SECRET_KEYS: 'x',
        SHOP_WORKERS: '2',
        SHOP_HOLD: 'off',
      },
      // What Kubernetes sets in each pod if there is a service with the name `shop`.
      ...{
        SHOP_PORT: 'tcp://10.0.0.1:80',
        SHOP_PORT_80_TCP: 'x',
        SHOP_SERVICE_HOST: '10.0.0.1',
        SHOP_SERVICE_PORT: '80',
      },
    },
    {dataDir: '/data'},
  )

  t.deepEqual(misspelled, [
    {name: 'SHOP_PAYMNET', meant: 'SHOP_PAYMENT'},
    {name: 'SHOP_HOST', meant: 'SHOP_HOSTS'},
    {name: 'STRIPE_SECRET_KEYS', meant: 'STRIPE_SECRET_KEY'},
  ])
})
