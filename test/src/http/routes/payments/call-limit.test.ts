import test from 'ava'
import type {Knex} from 'knex'

import {callsPerMinute} from '../../../../../src/services/payments/call-limit.ts'
import {inOneMinute} from '../../../../helpers/minute.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'

/** As if a user had asked the provider so often in this minute, in any process. */
async function countCalls(db: Knex, userId: number, count: number): Promise<void> {
  await db('payment_call_counts')
    .insert({user_id: userId, call_minute: db.raw(`date_trunc('minute', statement_timestamp())`), call_count: count})
    .onConflict('user_id')
    .merge()
}

test('a user who asks the provider too often in a minute waits for the next one, and no other user does', async (t) => {
  const {db, anna, ben, calls, request} = await startPaidShop(t)
  const setUp = '/payment-methods/setup/'
  const {body} = await request(anna, 'POST', setUp)

  const [last, refused, store] = await inOneMinute(async () => {
    await countCalls(db, anna.userId, callsPerMinute - 1)
    calls.length = 0
    return [
      await request(anna, 'POST', setUp),
      await request(anna, 'POST', setUp),
      await request(anna, 'POST', '/payment-methods/', {setup: body.setup}),
    ] as const
  })

  t.is(last.status, 201)
  for (const answer of [refused, store]) {
    t.like(answer, {status: 429, body: {code: 'payment_limit'}})
    const seconds = Number(answer.headers.get('retry-after'))
    t.true(seconds >= 1 && seconds <= 60)
  }
  t.deepEqual(calls, ['setUp'])
  t.is((await request(ben, 'POST', setUp)).status, 201)

  await db('payment_call_counts').update({call_minute: db.raw(`call_minute - interval '1 minute'`)})
  t.is((await request(anna, 'POST', setUp)).status, 201)
})

test('a payment that its buyer refreshes or cancels too often is left to the background work', async (t) => {
  const {db, anna, calls, method, order, request, work} = await startPaidShop(t)
  await method(anna, 'requires_action')
  const {order_id: id} = (await order(anna, {payment_method: 'default'})).body

  const [refreshed, cancelled, again] = await inOneMinute(async () => {
    await countCalls(db, anna.userId, callsPerMinute)
    calls.length = 0
    return [
      await request(anna, 'POST', `/orders/${id}/payment/refresh/`),
      await request(anna, 'POST', `/orders/${id}/cancel/`),
      await request(anna, 'POST', `/orders/${id}/cancel/`),
    ] as const
  })

  t.like(refreshed, {status: 200, body: {payment_status: 'pending'}})
  for (const answer of [cancelled, again]) t.like(answer, {status: 409, body: {code: 'payment_pending'}})
  t.deepEqual(calls, [])
  await work()
  t.deepEqual(calls, ['cancel'])
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
})

test('a cancellation that is repeated does not make the background work ask sooner', async (t) => {
  const {db, anna, calls, method, order, request, work} = await startPaidShop(t)
  const methodId = await method(anna, 'processing_then_captured')
  const {order_id: id} = (await order(anna, {payment_method: methodId})).body
  await db.raw(`update test_provider.payments set settles_at = settles_at + interval '1 hour'`)
  await request(anna, 'POST', `/orders/${id}/cancel/`)
  await db('payments').update({next_try_at: db.raw(`statement_timestamp() + interval '1 hour'`)})

  const asked = await inOneMinute(async () => {
    await countCalls(db, anna.userId, callsPerMinute)
    calls.length = 0
    for (let count = 0; count < 3; count++) {
      t.is((await request(anna, 'POST', `/orders/${id}/cancel/`)).status, 409)
      await work()
    }
    return [...calls]
  })

  t.deepEqual(asked, [])
})
