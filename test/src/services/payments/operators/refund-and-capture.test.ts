import test from 'ava'

import {
  DuplicateRefundError,
  IdempotencyKeyReusedError,
  PaymentStateError,
  RefundTooLargeError,
} from '../../../../../src/errors.ts'
import {type Gateway, RefusedError, UnknownOutcomeError} from '../../../../../src/gateways/gateway.ts'
import {captureAuthorized} from '../../../../../src/services/payments/advance.ts'
import {cancelPaidOrder} from '../../../../../src/services/payments/operations.ts'
import {captureOrder, refundOrder} from '../../../../../src/services/payments/operators/refund-and-capture.ts'
import {advanceRefund} from '../../../../../src/services/payments/refunds.ts'
import {createPaidShop, settings} from '../../../../helpers/payments.ts'

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
