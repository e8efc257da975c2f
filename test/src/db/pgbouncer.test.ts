import test from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {openDatabase} from '../../../src/db/open.ts'
import {placeBatch} from '../../../src/services/checkout/place-batch.ts'
import {CheckoutQueue} from '../../../src/services/checkout/queue.ts'
import {createDatabase} from '../../helpers/database.ts'
import {pgbouncerBinary, startPgbouncer} from '../../helpers/pgbouncer.ts'
import {startProxy} from '../../helpers/proxy.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../helpers/shop.ts'
import {isCommit} from '../../helpers/wire.ts'

const withPgbouncer = pgbouncerBinary === undefined ? test.skip : test

if (pgbouncerBinary === undefined)
  process.stderr.write('SKIPPED: test/src/db/pgbouncer.test.ts needs pgbouncer, which is not installed.\n')

withPgbouncer('PgBouncer in transaction mode is refused, with what to do', async (t) => {
  const {url} = await createDatabase(t)
  const pooled = await startPgbouncer(t, url, {mode: 'transaction'})

  const error = await t.throwsAsync(openDatabase({kind: 'url', url: pooled}, {poolSize: 2, waitSeconds: 5}))

  t.like(error, {
    code: 'database_unavailable',
    message:
      'A connection pooler in transaction mode is between the shop and its database, and the shop needs sessions of its own.',
    hint: 'Set SHOP_PREPARED=off, use its session mode (PgBouncer: pool_mode = session), or connect to the server directly.',
  })
})

withPgbouncer('orders are placed through PgBouncer in session mode', async (t) => {
  const {db, url} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db, {stock: 100})]
  const pooled = await startPgbouncer(t, url, {mode: 'session'})
  const database = await openDatabase({kind: 'url', url: pooled}, {poolSize: 4, waitSeconds: 5})
  t.teardown(async () => database.close())
  const queue = new CheckoutQueue(database.db, {lanes: 2, batchSize: 10, limit: 1000})

  await Promise.all(Array.from({length: 50}, async () => queue.place(usdOrder(userId, [{productId, quantity: 1}]))))

  t.is(await stockOf(db, productId), 50)
})

// PgBouncer answers a COMMIT whose server session has gone with FATAL 08P01, which is no answer of the server.
withPgbouncer('a COMMIT whose answer is lost behind PgBouncer is looked up', async (t) => {
  const {db, url} = await createDatabase(t)
  const [userId, productId] = [await addUser(db), await addProduct(db, {stock: 10})]
  let losses = 0
  const losing = await startProxy(t, url, (message) => isCommit(message) && ++losses <= 2)
  const pooled = await startPgbouncer(t, losing, {mode: 'session'})
  const through = connect(() => ({connectionString: pooled}), {poolSize: 2})
  t.teardown(async () => through.destroy())

  for (const quantities of [[1], [2, 3]]) {
    losses = 0
    const orders = quantities.map((quantity) => usdOrder(userId, [{productId, quantity}]))
    const outcomes = await placeBatch(through, orders, {lockMs: 300})
    t.true(losses > 2)
    t.true(outcomes.every(({status}) => status === 'placed'))
  }

  t.is((await db('orders')).length, 3)
  t.is(await stockOf(db, productId), 4)
})
