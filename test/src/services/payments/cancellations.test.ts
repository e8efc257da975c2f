import test from 'ava'

import {OrderCancelledError, PaymentPendingError, ShopError} from '../../../../src/errors.ts'
import type {Gateway} from '../../../../src/gateways/gateway.ts'
import {advance, hurry} from '../../../../src/services/payments/advance.ts'
import {findPayment} from '../../../../src/services/payments/payment.ts'
import {settle} from '../../../../src/services/payments/settle.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {workOnPayments} from '../../../../src/services/payments/work.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'
import {until} from '../../../helpers/until.ts'

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

test('a cancellation waits for another process that has the payment, and asks if that one settles nothing', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  for (const id of [await order('requires_action'), await order('requires_action')]) await pay(id)
  await db('payments').update({lease_until: db.raw(`now() + interval '1 minute'`)})
  const [settled, unsettled] = [1, 2].map(async (id) =>
    cancelPaidOrder(db, gateway, {id}, {settings, signal, waitMs: 20_000}),
  )
  await until(async () => (await db('payments').where({cancel_requested: true})).length === 2)

  const payment = await findPayment(db, 1)
  if (payment) await settle(db, payment, {kind: 'cancelled'}, settings)
  t.is((await settled)?.status, 'cancelled')
  await db('payments').where({id: 2}).update({lease_until: null})
  t.is((await unsettled)?.status, 'cancelled')
})

test('a cancellation waits only as long as it is told to', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  await pay(id)
  await db('payments').update({lease_until: db.raw(`now() + interval '1 minute'`)})

  for (const waitMs of [undefined, 300]) {
    const began = performance.now()
    await t.throwsAsync(cancelPaidOrder(db, gateway, {id}, {settings, signal, ...(waitMs !== undefined && {waitMs})}), {
      instanceOf: PaymentPendingError,
    })
    t.true(performance.now() - began >= (waitMs ?? 0))
  }
  t.like(await db('orders').first(), {status: 'placed'})
})

test('an order that the provider does not know is cancelled', async (t) => {
  const {db, gateway, order, books, signal} = await createPaidShop(t)
  const id = await order('ok')

  t.is((await cancelPaidOrder(db, gateway, {id}, {settings, signal})).status, 'cancelled')
  t.is((await books()).count, 0)
  t.like(await db('stock_levels').first(), {on_hand: 10})
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
