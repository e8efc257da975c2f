import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {createDatabaseGauges} from '../../../../src/http/metrics/database-gauges.ts'
import {toText} from '../../../../src/metrics/exposition.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {parseScrape} from '../../../helpers/metrics.ts'
import {addProduct} from '../../../helpers/shop.ts'
import {until, untilWaiting} from '../../../helpers/until.ts'

const log = {error: () => undefined}

/** A scrape that waits for the figures, however slow the machine is. */
const patient = {waitMs: 600_000}

test('a product is sold out if it is enabled and no stock pool has stock that is free', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {stock: 0})
  await addProduct(db, {stock: 0, enabled: false})
  await addProduct(db, {stock: 5})
  const reserved = await addProduct(db, {stock: 2})
  await db('stock_levels').where({product_id: reserved}).update({reserved: 2})
  const gauges = createDatabaseGauges(db, log, patient)

  t.is(await readSoldOut(gauges), 2)
})

test('figures are read again after five seconds, and not before', async (t) => {
  const {db} = await createDatabase(t)
  const clock = {ms: 0}
  const gauges = createDatabaseGauges(db, log, {now: () => clock.ms, ...patient})
  t.is(await readSoldOut(gauges), 0)
  await addProduct(db, {stock: 0})

  clock.ms = 4999
  t.is(await readSoldOut(gauges), 0)
  clock.ms = 5000
  t.is(await readSoldOut(gauges), 1)
})

test('a figure that took a second to read rests for fifty', async (t) => {
  const {db} = await createDatabase(t)
  const clock = {ms: 0}
  const gauges = createDatabaseGauges(db, log, {now: () => clock.ms, ...patient})
  const holder = await db.transaction()
  await holder.raw('lock table products')
  const reading = readSoldOut(gauges)
  await untilWaiting(db)
  clock.ms = 1000
  await holder.rollback()
  await reading
  await until(async () => (await readSoldOut(gauges)) === 0)
  await addProduct(db, {stock: 0})

  clock.ms = 50_999
  t.is(await readSoldOut(gauges), 0)
  clock.ms = 51_000
  t.is(await readSoldOut(gauges), 1)
})

test('a figure that waits for another one does not rest for that', async (t) => {
  const {db, url} = await createDatabase(t)
  const pool = connect(() => ({connectionString: url}), {poolSize: 1})
  t.teardown(async () => pool.destroy())
  const clock = {ms: 0}
  const gauges = createDatabaseGauges(pool, log, {now: () => clock.ms, ...patient})
  const holder = await db.transaction()
  await holder.raw('lock table payments')
  const reading = gauges.read()
  await untilWaiting(db)
  clock.ms = 10_000
  await holder.rollback()
  await reading
  await until(async () => (await readSoldOut(gauges)) === 0)
  await addProduct(db, {stock: 0})

  clock.ms = 15_000
  t.is(await readSoldOut(gauges), 1)
})

test('after a failure, however long it took, a figure is read again within a minute', async (t) => {
  const {db} = await createDatabase(t)
  const clock = {ms: 0}
  let failures = 0
  const gauges = createDatabaseGauges(db, {error: () => failures++}, {now: () => clock.ms, ...patient})
  const holder = await db.transaction()
  await holder.raw('lock table products')
  const reading = gauges.read()
  await untilWaiting(db)
  clock.ms = 10_000
  await db.raw(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  await reading
  await holder.rollback()
  await until(async () => Promise.resolve(failures === 1))

  clock.ms = 69_999
  t.is(await readSoldOut(gauges), undefined)
  clock.ms = 70_000
  t.is(await readSoldOut(gauges), 0)
})

test('a figure that takes long delays nobody: a scrape gets what was known', async (t) => {
  const {db} = await createDatabase(t)
  const clock = {ms: 0}
  const gauges = createDatabaseGauges(db, log, {now: () => clock.ms})
  await addProduct(db, {stock: 0})
  await until(async () => (await readSoldOut(gauges)) === 1)
  const holder = await db.transaction()
  await holder.raw('lock table products')
  t.teardown(async () => holder.rollback())

  clock.ms = 60_000
  t.is(await readSoldOut(gauges), 1)
  await untilWaiting(db)
})

test('a failure is logged and counted, and leaves what was known', async (t) => {
  const {db} = await createDatabase(t)
  const clock = {ms: 0}
  const errors: object[] = []
  const gauges = createDatabaseGauges(db, {error: (fields) => errors.push(fields)}, {now: () => clock.ms, ...patient})
  await addProduct(db, {stock: 0})
  t.is(await readSoldOut(gauges), 1)
  await db.raw('alter table products rename to goods')

  clock.ms = 5000
  const scraped = parseScrape(await toText([await gauges.read()]))

  t.is(scraped.shop_metrics_refresh_failures_total, 1)
  t.is(scraped.shop_products_sold_out, 1)
  t.is(scraped.shop_held_units, 0)
  t.is(errors.length, 1)
})

async function readSoldOut(gauges: ReturnType<typeof createDatabaseGauges>): Promise<number | undefined> {
  return parseScrape(await toText([await gauges.read()])).shop_products_sold_out
}
