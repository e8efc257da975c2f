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

test(refuses, {DATABASE_URL: 'mysql://x'}, /DATABASE_URL must be a URL/)
test(refuses, {SHOP_POOL_SIZE: 'many'}, /SHOP_POOL_SIZE must be a whole number from 2 to 1000/)
test(refuses, {SHOP_POOL_SIZE: '1'}, /SHOP_POOL_SIZE/)
test(refuses, {SHOP_ORDER_ITEMS: '0'}, /SHOP_ORDER_ITEMS must be a whole number from 1 to 1000/)
test(refuses, {SHOP_ORDER_ITEMS: '1001'}, /SHOP_ORDER_ITEMS/)
test(refuses, {SHOP_READ_POOL_SIZE: '0'}, /SHOP_READ_POOL_SIZE must be a whole number from 1 to 1000/)
test(refuses, {SHOP_TOKEN_DAYS: '1.5'}, /SHOP_TOKEN_DAYS/)
test(refuses, {SHOP_DATABASE_WAIT: '-1', SHOP_CHECKOUT_LANES: '0'}, /SHOP_CHECKOUT_LANES.*SHOP_DATABASE_WAIT/)
test(refuses, {SHOP_CURRENCY: 'XXY'}, /SHOP_CURRENCY must be an ISO 4217 code/)
test(refuses, {POSTGRES_PORT: '70000'}, /POSTGRES_PORT/)
test(refuses, {SHOP_DATA_DIR: 'data'}, /SHOP_DATA_DIR must be an absolute path/)
