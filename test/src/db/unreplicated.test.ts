import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {connect} from '../../../src/db/connect.ts'
import {isAnswer, isConnectionError} from '../../../src/db/errors.ts'
import {prepare, queryPrepared} from '../../../src/db/pipeline/prepared.ts'
import {query} from '../../../src/db/query.ts'
import {placeBatch} from '../../../src/services/checkout/place-batch.ts'
import {startPrimary, startReplica, untilReplayed} from '../../helpers/replica.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../helpers/shop.ts'
import {until} from '../../helpers/until.ts'

/** Every COMMIT waits for a standby that does not exist. */
async function isolate(admin: Knex): Promise<void> {
  await query(admin, `alter system set synchronous_standby_names = 'missing'`)
  await query(admin, 'select pg_reload_conf()')
  await until(
    async () => (await query(admin, "select where current_setting('synchronous_standby_names') <> ''")).length > 0,
  )
}

async function heal(admin: Knex): Promise<void> {
  await query(admin, 'alter system reset synchronous_standby_names')
  await query(admin, 'select pg_reload_conf()')
}

function openPool(t: ExecutionContext, url: string, poolSize: number): Knex {
  const settings = {connectionString: url}
  const pool = connect(() => settings, {poolSize})
  t.teardown(async () => pool.destroy())
  return pool
}

const waits = `select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'shop'`

async function nextWait(admin: Knex, after?: number): Promise<number> {
  let pid: number | undefined
  await until(async () => {
    pid = (await query<{pid: number}>(admin, waits)).find((one) => one.pid !== after)?.pid
    return pid !== undefined
  })
  if (pid === undefined) throw new Error('Nothing waits.')
  return pid
}

const cancel = async (admin: Knex, pid: number): Promise<void> => {
  await query(admin, 'select pg_cancel_backend(?)', [pid])
}

test('a COMMIT that stops waiting for its standbys has an unknown outcome, in whatever way it was sent', async (t) => {
  const {db: admin, url} = await startPrimary(t)
  const pool = openPool(t, url, 1)
  await query(admin, `create table written (way text)`)
  // Then a server would not say it.
  await query(admin, `alter database shop set client_min_messages = 'error'`)
  await isolate(admin)

  const insert = `insert into written values (?) returning way`
  const ways = {
    transaction: async () => pool.transaction(async (trx) => query(trx, insert, ['transaction'])),
    statement: async () => query(pool, insert, ['statement']),
    simple: async () => query(pool, `insert into written values ('simple')`),
    prepared: async () => queryPrepared(pool, prepare('write_way', insert), ['prepared']),
  }
  for (const run of Object.values(ways)) {
    const failure = t.throwsAsync(run())
    await cancel(admin, await nextWait(admin))
    const error = await failure
    t.regex(error.message, /committed without its standbys/)
    t.true(isConnectionError(error))
    t.false(isAnswer(error))
  }

  t.is((await query(admin, 'select from written')).length, 4)
  t.is((await query(pool, 'select from written')).length, 4)
})

test('an order that only the old primary has is placed at the new one, and is not confirmed before', async (t) => {
  const old = await startPrimary(t)
  const [userId, productId] = [await addUser(old.db), await addProduct(old.db, {stock: 10})]
  const standby = await startReplica(t, old)
  await untilReplayed(old, standby)
  await standby.stop()
  await isolate(old.db)
  const pool = openPool(t, `postgres://shop@${new URL(old.url).host},${new URL(standby.url).host}/shop`, 2)

  let isSettled = false
  const placing = placeBatch(pool, [usdOrder(userId, [{productId, quantity: 1}])], {lockMs: 300}).finally(() => {
    isSettled = true
  })
  const lost = await nextWait(old.db)
  await cancel(old.db, lost)
  // The look-up finds the order, and waits as its COMMIT did.
  await nextWait(old.db, lost)
  t.is((await query(old.db, 'select from orders')).length, 1)
  t.false(isSettled)

  await old.stop('immediate')
  await standby.start()
  await query(standby.db, 'select pg_promote()')
  t.like(await placing, [{status: 'placed'}])
  t.is((await query(standby.db, 'select from orders')).length, 1)
  t.is(await stockOf(standby.db, productId), 9)
})

test('an order whose standbys come back is confirmed once, and so is its repetition', async (t) => {
  const {db: admin, url} = await startPrimary(t)
  const [userId, productId] = [await addUser(admin), await addProduct(admin, {stock: 10})]
  const pool = openPool(t, url, 2)
  const place = async () => placeBatch(pool, [usdOrder(userId, [{productId, quantity: 1}], 'key')], {lockMs: 300})

  await isolate(admin)
  const placing = place()
  const lost = await nextWait(admin)
  await cancel(admin, lost)
  await nextWait(admin, lost)
  await heal(admin)
  t.like(await placing, [{status: 'placed', placement: {isReplay: false}}])

  await isolate(admin)
  let isConfirmed = false
  const repeating = place().finally(() => {
    isConfirmed = true
  })
  await nextWait(admin)
  t.false(isConfirmed)
  await heal(admin)
  t.like(await repeating, [{status: 'placed', placement: {isReplay: true}}])
  t.is(await stockOf(admin, productId), 9)
})
