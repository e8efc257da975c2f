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
test(refuses, {SHOP_OPERATOR: 'a'.repeat(101)}, /SHOP_OPERATOR must be a name of at most 100 characters/)
test(refuses, {SHOP_OPERATOR: 'an\nna'}, /SHOP_OPERATOR/)
test(refuses, {SHOP_DATABASE_WAIT: '-1', SHOP_CHECKOUT_LANES: '0'}, /SHOP_CHECKOUT_LANES.*SHOP_DATABASE_WAIT/)
test(refuses, {SHOP_CURRENCY: 'XXY'}, /SHOP_CURRENCY must be an ISO 4217 code/)
test(refuses, {POSTGRES_PORT: '70000'}, /POSTGRES_PORT/)
test(refuses, {SHOP_DATA_DIR: 'data'}, /SHOP_DATA_DIR must be an absolute path/)
