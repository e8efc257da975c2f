import {setTimeout as delay} from 'node:timers/promises'

import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {dumpFixture} from '../../../../src/services/transfer/dump.ts'
import {loadFixture} from '../../../../src/services/transfer/load.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {load} from '../../../helpers/fixtures.ts'

/** One connection, whose session ends transactions that wait for their client for a tenth of a second. */
async function createImpatientDatabase(t: ExecutionContext): Promise<Knex> {
  const {db} = await createDatabase(t, {poolSize: 1})
  await load(db, {products: [{name: 'Tea', price: '1.00'}]})
  await db.raw("set idle_in_transaction_session_timeout = '100ms'; set statement_timeout = '5s'")
  await t.throwsAsync(
    db.transaction(async (trx) => {
      await trx.raw('select 1')
      await delay(300)
      await trx.raw('select 1')
    }),
    {message: /terminat|connection error/},
    'The limit has no effect.',
  )
  await db.raw("set idle_in_transaction_session_timeout = '100ms'; set statement_timeout = '5s'")
  return db
}

test('a dump waits for a slow reader', async (t) => {
  const db = await createImpatientDatabase(t)
  let text = ''
  const {products} = await dumpFixture(db, 'native', async (pieces) => {
    for await (const piece of pieces) {
      text += piece
      await delay(300)
    }
  })
  t.is(products, 1)
  t.regex(text, /"Tea"/)
})

test('a load waits for a slow file', async (t) => {
  const db = await createImpatientDatabase(t)
  const slow = (async function* () {
    for (const piece of ['name,price,stock\n', 'Rice,1,1\n']) {
      await delay(300)
      yield Buffer.from(piece)
    }
  })()
  t.is((await loadFixture(db, bcrypt, slow, {currency: 'USD'})).products.loaded, 1)
})

test('the limits of the session return after a dump and a load', async (t) => {
  const db = await createImpatientDatabase(t)
  await dumpFixture(db, 'ndjson', async (pieces) => {
    for await (const piece of pieces) t.truthy(piece)
  })
  await load(db, {products: [{name: 'Rice'}]})
  for (const [name, limit] of [
    ['idle_in_transaction_session_timeout', '100ms'],
    ['statement_timeout', '5s'],
  ] as const) {
    const {rows} = await db.raw<{rows: Record<string, string>[]}>(`show ${name}`)
    t.deepEqual(rows, [{[name]: limit}])
  }
})
