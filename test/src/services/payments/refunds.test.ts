import test from 'ava'
import type {Knex} from 'knex'

import {
  DuplicateRefundError,
  IdempotencyKeyReusedError,
  OrderCancelledError,
  PaymentPendingError,
  RefundTooLargeError,
  ShopError,
  PaymentStateError,
} from '../../../../src/errors.ts'
import {type Gateway, RefusedError, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {advance, captureAuthorized, hurry} from '../../../../src/services/payments/advance.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {captureOrder, refundOrder} from '../../../../src/services/payments/operators/refund-and-capture.ts'
import {advanceRefund} from '../../../../src/services/payments/refunds.ts'
import {workOnPayments} from '../../../../src/services/payments/work.ts'
import {until} from '../../../helpers/until.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'

test('cancelling a paid order returns the stock and refunds the money, once', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)

  const results = await Promise.allSettled(
    Array.from({length: 4}, async () => cancelPaidOrder(db, gateway, {id}, {settings, signal})),
  )
  t.is(results.filter(({status}) => status === 'fulfilled').length, 1)
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  t.true(refusals.every((reason) => reason instanceof OrderCancelledError))
  t.like(await db('stock_levels').first(), {on_hand: 10})
  await workLater('0 seconds')

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'refunded'})
  t.like(await db('payments').first(), {state: 'refunded', refunded: 2000})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

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

test('cancelling an order whose payment waits for the buyer asks the provider first', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  await pay(id)

  t.is((await cancelPaidOrder(db, gateway, {id}, {settings, signal})).status, 'cancelled')
  t.like(await db('payments').first(), {state: 'cancelled'})
  t.like(await db('stock_levels').first(), {on_hand: 10})
})

test('an order that is cancelled while the provider charges it is cancelled and refunded', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t, {settleMs: 3_600_000})
  const id = await order('processing_then_captured')
  await pay(id)

  await t.throwsAsync(cancelPaidOrder(db, gateway, {id}, {settings, signal}, {name: 'ben'}), {
    instanceOf: PaymentPendingError,
  })
  t.like(await db('orders').first(), {status: 'placed'})
  await db('test_provider.payments').update({settles_at: db.fn.now()})
  await workLater()
  await workLater()

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'refunded'})
  t.like(await db('stock_levels').first(), {on_hand: 10})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
  t.like(await db('refunds').first(), {operator: 'ben', note: null})
})

test('an order that the provider does not know is cancelled', async (t) => {
  const {db, gateway, order, books, signal} = await createPaidShop(t)
  const id = await order('ok')

  t.is((await cancelPaidOrder(db, gateway, {id}, {settings, signal})).status, 'cancelled')
  t.is((await books()).count, 0)
  t.like(await db('stock_levels').first(), {on_hand: 10})
})

test('money that is reserved is charged once, or given back with the order', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const [kept, cancelled] = [await order('ok', {capture: 'manual'}), await order('ok', {capture: 'manual'})]
  for (const id of [kept, cancelled]) t.like(await pay(id), {state: 'authorized'})
  t.like(await db('orders').first(), {payment_status: 'authorized'})

  t.like(await captureOrder(db, gateway, kept, {settings, signal}), {state: 'captured', captured: 2000})
  await t.throwsAsync(captureOrder(db, gateway, kept, {settings, signal}), {instanceOf: PaymentStateError})
  await cancelPaidOrder(db, gateway, {id: cancelled}, {settings, signal})

  t.like(await db('orders').where({id: kept}).first(), {status: 'placed', payment_status: 'paid'})
  t.like(await db('orders').where({id: cancelled}).first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('stock_levels').first(), {on_hand: 8})
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 2})
})

test('a capture that comes after the cancellation is refused, and leaves nothing to do', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('ok', {capture: 'manual'})
  const authorized = await pay(id)
  if (!authorized) throw new Error('There is no payment.')
  await cancelPaidOrder(db, gateway, {id}, {settings, signal})

  await t.throwsAsync(captureAuthorized(db, gateway, authorized, {settings, signal}), {instanceOf: RefusedError})

  t.like(await db('payments').first(), {state: 'cancelled', next_try_at: null})
})

test('of two partial refunds beyond the sum, one is refused', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)

  const results = await Promise.allSettled([
    refundOrder(db, gateway, {orderId: id, amount: 1200, idempotencyKey: '1'}, signal),
    refundOrder(db, gateway, {orderId: id, amount: 1200, idempotencyKey: '2'}, signal),
  ])

  t.deepEqual(results.map(({status}) => status).sort(), ['fulfilled', 'rejected'])
  t.true(results.some((result) => result.status === 'rejected' && result.reason instanceof RefundTooLargeError))
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'partially_refunded'})
  t.like(await db('payments').first(), {state: 'partially_refunded', refunded: 1200})
  t.like((await refundOrder(db, gateway, {orderId: id}, signal)).refund, {amount: 800, state: 'succeeded'})
  t.like(await db('payments').first(), {state: 'refunded', refunded: 2000})
  await t.throwsAsync(refundOrder(db, gateway, {orderId: id}, signal), {instanceOf: RefundTooLargeError})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
  t.like(await db('stock_levels').first(), {on_hand: 8})
})

test('a part without a key is refused while as large a refund is open, or if one was asked for within a day', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const refund = async (amount?: number, by: Gateway = gateway) =>
    (await refundOrder(db, by, {orderId: id, amount}, signal)).refund
  const away: Gateway = {...gateway, refund: async () => Promise.reject(new UnknownOutcomeError('Away.'))}
  const refusing: Gateway = {...gateway, refund: async () => Promise.reject(new RefusedError('charge_disputed', 'No.'))}
  const duplicate = {instanceOf: DuplicateRefundError}

  t.like(await refund(500, away), {id: 1, state: 'submitted'})
  await db('refunds').update({created_at: db.raw(`created_at - interval '25 hours'`)})
  const refused = await t.throwsAsync<DuplicateRefundError>(refund(500), duplicate)
  t.like(refused, {refund: {id: 1, state: 'submitted'}})
  await advanceRefund(db, gateway, 1, {signal})
  t.like(await refund(500), {id: 2, state: 'succeeded'})
  await t.throwsAsync(refund(500), duplicate)
  t.like(await refund(400, refusing), {id: 3, state: 'failed'})
  t.like(await refund(400), {id: 4, state: 'succeeded'})
  t.is((await books()).refunded, 1400)
})

test('all that is left can be refunded, even if it is as much as a part that was', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  await refundOrder(db, gateway, {orderId: id, amount: 1000}, signal)

  t.like((await refundOrder(db, gateway, {orderId: id, most: 900}, signal)).refund, {amount: 900})
  t.like((await refundOrder(db, gateway, {orderId: id, most: 900}, signal)).refund, {amount: 100})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

test('a refund with a key is made once for its order, and goes on where an earlier run was interrupted', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const [id, other] = [await order('ok'), await order('ok')]
  for (const orderId of [id, other]) await pay(orderId)
  const refund = async (orderId: number, amount: number | undefined, idempotencyKey: string, by: Gateway = gateway) =>
    refundOrder(db, by, {orderId, amount, idempotencyKey}, signal)
  const away: Gateway = {...gateway, refund: async () => Promise.reject(new UnknownOutcomeError('Away.'))}

  t.like(await refund(id, 500, 'a', away), {isReplay: false, refund: {id: 1, state: 'submitted'}})
  const again = await Promise.all([refund(id, 500, 'a'), refund(id, 500, 'a'), refund(id, undefined, 'a')])
  t.deepEqual(
    again.map(({isReplay, refund: {id: refundId, amount}}) => [isReplay, refundId, amount]),
    Array.from({length: 3}, () => [true, 1, 500]),
  )
  t.like(await refund(id, 500, 'b'), {isReplay: false, refund: {id: 2, state: 'succeeded'}})
  t.like(await refund(other, 500, 'a'), {isReplay: false, refund: {id: 3, state: 'succeeded'}})
  await t.throwsAsync(refund(id, 400, 'a'), {instanceOf: IdempotencyKeyReusedError})
  t.is((await books()).refunded, 1500)
})

test('a refund with a key is made once, also if a restored backup has lost it', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const refund = async () => refundOrder(db, gateway, {orderId: id, amount: 500, idempotencyKey: 'a'}, signal)
  const before = await db('payments').first('state', 'refunded')
  await refund()

  await db('refunds').delete()
  await db('payments').update(before)
  await db('orders').update({payment_status: 'paid'})
  t.like(await refund(), {isReplay: false, refund: {state: 'succeeded'}})

  t.is((await books()).refunded, 500)
  t.like(await db('payments').first(), {state: 'partially_refunded', refunded: 500})
})

test('a refund that was refused has its key, so another try needs another one', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('refund_fails')
  await pay(id)
  const refund = async (idempotencyKey: string) => refundOrder(db, gateway, {orderId: id, idempotencyKey}, signal)

  t.like(await refund('a'), {isReplay: false, refund: {id: 1, state: 'failed'}})
  t.like(await refund('a'), {isReplay: true, refund: {id: 1, state: 'failed'}})
  t.like(await refund('b'), {isReplay: false, refund: {id: 2, state: 'failed'}})
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

test('orders that are cancelled while they are paid, many at once, keep neither stock nor money', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t, {stock: 100})
  const outcomes = ['ok', 'requires_action', 'processing_then_captured', 'declined'] as const
  const ids: number[] = []
  for (let n = 0; n < 24; n++) ids.push(await order(outcomes[n % 4] ?? 'ok', {quantity: 1}))

  const results = await Promise.allSettled(
    ids.flatMap((id) => [pay(id), cancelPaidOrder(db, gateway, {id}, {settings, signal})]),
  )
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  t.deepEqual(
    failures.filter((error) => !(error instanceof ShopError)),
    [],
  )
  await until(async () => {
    await workLater('1 second')
    return (await db('orders').where({status: 'cancelled'})).length === ids.length
  })
  await workLater()

  t.like(await db('stock_levels').first(), {on_hand: 100})
  const {captured, refunded} = await books()
  t.is(captured, refunded)
})

test('an event after the cancellation of a paid order asks for no second refund, also if the first one failed', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const ids = [await order('ok'), await order('refund_fails')]
  for (const id of ids) {
    const payment = await pay(id)
    await cancelPaidOrder(db, gateway, {id}, {settings, signal})
    await hurry(db, {provider: 'test', providerId: payment?.providerId ?? ''})
  }

  await workLater('0 seconds')
  await db('payments').update({next_try_at: db.fn.now()})
  await workLater('0 seconds')

  t.deepEqual(await db('refunds').orderBy('payment_id').select('payment_id', 'state'), [
    {payment_id: 1, state: 'succeeded'},
    {payment_id: 2, state: 'failed'},
  ])
})

for (const capture of ['automatic', 'manual'] as const) {
  const end = capture === 'automatic' ? 'refunded' : 'cancelled'
  test(`a payment whose order is cancelled while the provider answers is ${end}`, async (t) => {
    const {db, gateway, order, workLater, signal} = await createPaidShop(t)
    const id = await order('ok', {capture})
    const slow: Gateway = {
      ...gateway,
      async pay(...asked) {
        const payment = await gateway.pay(...asked)
        await t.throwsAsync(cancelPaidOrder(db, gateway, {id}, {settings, signal}), {instanceOf: PaymentPendingError})
        return payment
      },
    }

    await advance(db, slow, 1, {mayStart: true, settings, signal})
    await workLater('0 seconds')

    t.like(await db('orders').first(), {status: 'cancelled'})
    t.like(await db('payments').first(), {state: end})
  })
}

test('an order whose payment is a mismatch can be cancelled once the provider has given the money back', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('wrong_amount')
  const payment = await pay(id)
  const cancel = async () => cancelPaidOrder(db, gateway, {id}, {settings, signal})

  await t.throwsAsync(cancel(), {instanceOf: PaymentPendingError})
  t.like(await db('payments').first(), {state: 'mismatch'})
  await gateway.refund(
    {paymentId: payment?.providerId ?? '', money: {amount: 2001, currency: 'USD'}, key: 'at the provider'},
    signal,
  )

  t.is((await cancel()).status, 'cancelled')
  t.like(await db('payments').first(), {state: 'cancelled', captured: 0, refunded: 0})
  t.like(await db('orders').first(), {payment_status: 'failed'})
  t.like(await db('stock_levels').first(), {on_hand: 10})
  t.is((await db('refunds')).length, 0)
})

test('an event of a mismatch whose order is to be cancelled cancels it', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('wrong_amount')
  const providerId = (await pay(id))?.providerId ?? ''
  await t.throwsAsync(cancelPaidOrder(db, gateway, {id}, {settings, signal}), {instanceOf: PaymentPendingError})
  await db('payments').update({next_try_at: null})

  await gateway.refund({paymentId: providerId, money: {amount: 2001, currency: 'USD'}, key: 'elsewhere'}, signal)
  await hurry(db, {provider: 'test', providerId})
  await workOnPayments(db, gateway, {settings, signal})

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('stock_levels').first(), {on_hand: 10})
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

test('a shop that takes no payments any more refunds those that it took, once it knows their provider', async (t) => {
  const {db, order, pay, workLater, books} = await createPaidShop(t)
  const [paid, pending] = [await order('ok'), await order('requires_action')]
  for (const id of [paid, pending]) await pay(id)

  t.is((await cancelPaidOrder(db, undefined, {id: paid})).status, 'cancelled')
  await t.throwsAsync(cancelPaidOrder(db, undefined, {id: pending}), {instanceOf: PaymentPendingError})
  await workLater('0 seconds')

  t.like(await db('orders').where({id: pending}).first(), {status: 'cancelled', payment_status: 'failed'})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 2})
})
