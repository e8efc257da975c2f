import test from 'ava'

import {query} from '../../../src/db/query.ts'
import {placeBatch} from '../../../src/services/checkout/place-batch.ts'
import {startPrimary, startReplica, untilReplayed} from '../../helpers/replica.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../../helpers/shop.ts'
import {cancel, heal, isolate, nextWait, openPool} from '../../helpers/standbys.ts'

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
