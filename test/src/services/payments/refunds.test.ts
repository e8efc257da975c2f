import test from 'ava'
import type {Knex} from 'knex'

import {type Gateway, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {hurry} from '../../../../src/services/payments/advance.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {refundOrder} from '../../../../src/services/payments/operators/refund-and-capture.ts'
import {workOnPayments} from '../../../../src/services/payments/work.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'

test('if users read replicas, a refund that the background work makes is noted as a write of its buyer', async (t) => {
  const {db, gateway, anna, order, pay, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  await cancelPaidOrder(db, gateway, {id, notesWrites: true}, {settings, signal})
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'paid'})
  await db('recent_writes').delete()

  await workOnPayments(db, gateway, {settings: {...settings, notesWrites: true}, signal})

  t.like(await db('orders').first(), {payment_status: 'refunded'})
  t.deepEqual(await db('recent_writes').select('user_id'), [{user_id: anna}])
})

test('a refund whose answer got lost is made once', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const losing: Gateway = {
    ...gateway,
    async refund(...asked) {
      await gateway.refund(...asked)
      throw new UnknownOutcomeError('The answer got lost.')
    },
  }

  t.like((await refundOrder(db, losing, {orderId: id, amount: 700}, signal)).refund, {state: 'submitted'})
  await workLater()

  t.deepEqual(await books(), {captured: 2000, refunded: 700, count: 1})
  t.like(await db('payments').first(), {refunded: 700})
})

test('a refund that the provider refuses leaves the order cancelled, and an operator can try again', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const id = await order('refund_fails')
  await pay(id)

  await cancelPaidOrder(db, gateway, {id}, {settings, signal})
  await workLater()

  t.like(await db('refunds').first(), {state: 'failed'})
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'paid'})
  t.like((await refundOrder(db, gateway, {orderId: id}, signal)).refund, {state: 'failed'})
})

test('what was asked of the provider about a refund is recorded, and what it answered', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const losing: Gateway = {
    ...gateway,
    async refund(...asked) {
      t.is((await db('payment_attempts').where({operation: 'refund', event: 'sent'})).length, 1)
      await gateway.refund(...asked)
      throw new UnknownOutcomeError('The answer got lost.')
    },
  }

  await refundOrder(db, losing, {orderId: id, amount: 700}, signal)
  await workLater()

  const key = `shop:refund:${(await db('refunds').first('reference'))?.reference}`
  t.deepEqual(
    await db('payment_attempts')
      .where('operation', 'like', '%refund')
      .orderBy('id')
      .select('operation', 'key', 'event', 'outcome'),
    [
      {operation: 'refund', key, event: 'sent', outcome: null},
      {operation: 'refund', key, event: 'answered', outcome: 'unknown'},
      {operation: 'refund', key, event: 'sent', outcome: null},
      {operation: 'refund', key, event: 'answered', outcome: 'succeeded'},
    ],
  )
})

test('two workers on one refund make it once', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  await cancelPaidOrder(db, gateway, {id}, {settings, signal})

  await Promise.all(Array.from({length: 5}, async () => workOnPayments(db, gateway, {settings, signal})))

  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
  t.is((await db('refunds')).length, 1)
})

for (const amount of [700, 2000]) {
  test(`a refund of ${amount} of 2000 whose answer got lost is made once, also after the provider forgot its key`, async (t) => {
    const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
    const id = await order('ok')
    const payment = await pay(id)
    const losing: Gateway = {
      ...gateway,
      async refund(...asked) {
        await gateway.refund(...asked)
        throw new UnknownOutcomeError('The answer got lost.')
      },
    }
    await refundOrder(db, losing, {orderId: id, amount}, signal)
    await db('test_provider.calls').delete()
    // A webhook may have told of it meanwhile.
    await hurry(db, {provider: 'test', providerId: payment?.providerId ?? ''})

    await workLater('3 days')

    t.deepEqual(await books(), {captured: 2000, refunded: amount, count: 1})
    t.like(await db('payments').first(), {refunded: amount})
    t.like(await db('refunds').first(), {state: 'succeeded'})
  })
}

test('a refund that was not sent for days is sent, also if others of the same amount were made', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  const payment = await pay(id)
  const away: Gateway = {...gateway, refund: async () => Promise.reject(new UnknownOutcomeError('Away.'))}
  const losing: Gateway = {
    ...gateway,
    async refund(...asked) {
      await gateway.refund(...asked)
      throw new UnknownOutcomeError('The answer got lost.')
    },
  }
  await refundOrder(db, losing, {orderId: id, amount: 300}, signal)
  await refundOrder(db, away, {orderId: id, amount: 300, idempotencyKey: '2'}, signal)
  const elsewhere = {paymentId: payment?.providerId ?? '', money: {amount: 300, currency: 'USD'}, key: 'elsewhere'}
  await gateway.refund(elsewhere, signal)
  await db('test_provider.calls').delete()

  await workLater('3 days')

  t.deepEqual(await books(), {captured: 2000, refunded: 900, count: 1})
  t.deepEqual(await db('refunds').orderBy('id').pluck('state'), ['succeeded', 'succeeded'])
})

/** As a bank does days later. */
async function failRefunds(db: Knex): Promise<void> {
  await db.raw(`
    with failed as (update test_provider.refunds set state = 'failed' returning payment_id, amount)
    update test_provider.payments set refunded = refunded - failed.amount from failed where id = failed.payment_id`)
}

for (const first of ['pending', 'succeeded'] as const) {
  test(`a refund that was ${first} and fails later gives nothing back, and an operator can try again`, async (t) => {
    const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
    const id = await order('ok')
    const providerId = (await pay(id))?.providerId ?? ''
    const isFailed = {now: false}
    const state = () => (isFailed.now ? 'failed' : first)
    const bank: Gateway = {
      ...gateway,
      refund: async (...asked) => ({...(await gateway.refund(...asked)), state: state()}),
      readRefund: async (...asked) => ({...(await gateway.readRefund(...asked)), state: state()}),
    }
    await cancelPaidOrder(db, bank, {id}, {settings, signal})
    await workOnPayments(db, bank, {settings, signal})
    await hurry(db, {provider: 'test', providerId})
    await workOnPayments(db, bank, {settings, signal})
    t.like(await db('payments').first(), {state: 'refunded', refunded: 2000})
    t.like(await db('refunds').first(), {state: first})

    isFailed.now = true
    await failRefunds(db)
    await hurry(db, {provider: 'test', providerId})
    await db('refunds').whereNotNull('next_try_at').update({next_try_at: db.fn.now()})
    for (let round = 0; round < 3; round++) await workOnPayments(db, bank, {settings, signal})

    t.like(await db('refunds').first(), {state: 'failed', failure: 'failed', next_try_at: null})
    t.like(await db('payments').first(), {state: 'captured', captured: 2000, refunded: 0, next_try_at: null})
    t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'paid'})
    t.like((await refundOrder(db, gateway, {orderId: id}, signal)).refund, {amount: 2000, state: 'succeeded'})
    await workLater('0 seconds')
    t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
    t.like(await db('payments').first(), {state: 'refunded', next_try_at: null})
  })
}

test('of two refunds, one that fails later leaves the other', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('ok')
  const providerId = (await pay(id))?.providerId ?? ''
  for (const amount of [700, 1300]) await refundOrder(db, gateway, {orderId: id, amount}, signal)
  t.like(await db('payments').first(), {state: 'refunded'})
  await db('test_provider.refunds').where({amount: 700}).update({state: 'failed'})
  await db('test_provider.payments').update({refunded: 1300})

  await hurry(db, {provider: 'test', providerId})
  for (let round = 0; round < 3; round++) await workOnPayments(db, gateway, {settings, signal})

  t.deepEqual(await db('refunds').orderBy('id').pluck('state'), ['failed', 'succeeded'])
  t.like(await db('payments').first(), {state: 'partially_refunded', refunded: 1300, next_try_at: null})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'partially_refunded'})
  t.is(await workOnPayments(db, gateway, {settings, signal}), 0)
})

test('a refund that the provider does not know any more stays as it is', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const pending: Gateway = {
    ...gateway,
    refund: async (...asked) => ({...(await gateway.refund(...asked)), state: 'pending'}),
  }
  await refundOrder(db, pending, {orderId: id}, signal)
  await db('test_provider.refunds').delete()

  await workLater()

  t.like(await db('refunds').first(), {state: 'pending'})
})
