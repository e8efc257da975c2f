import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {DatabaseUnavailableError, PaymentPendingError} from '../../../../src/errors.ts'
import {type Gateway, ProviderBusyError} from '../../../../src/gateways/gateway.ts'
import {advance} from '../../../../src/services/payments/advance.ts'
import {createReceiveEvent} from '../../../../src/services/payments/events.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {refundOrder} from '../../../../src/services/payments/operators/refund-and-capture.ts'
import {createPayNow} from '../../../../src/services/payments/pay-now.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {workOnPayments} from '../../../../src/services/payments/work.ts'
import {checkout, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {sessionsOfTests} from '../../../helpers/database.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'

test('a payment that was captured and refunded before the shop heard of it is refunded, and its order goes on', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const [whole, part] = [await order('requires_action'), await order('requires_action')]
  for (const [id, amount] of [
    [whole, 2000],
    [part, 500],
  ] as const) {
    const paymentId = (await pay(id))?.providerId ?? ''
    await gateway.completeAction(paymentId, 'succeed')
    await gateway.refund({paymentId, money: {amount, currency: 'USD'}, key: `theirs ${id}`}, signal)
  }

  await workLater('10 seconds')

  t.like(await findPaymentOfOrder(db, whole), {state: 'refunded', captured: 2000, refunded: 2000})
  t.like(await findPaymentOfOrder(db, part), {state: 'partially_refunded', captured: 2000, refunded: 500})
  t.deepEqual(await db('orders').orderBy('id').select('status', 'payment_status'), [
    {status: 'placed', payment_status: 'refunded'},
    {status: 'placed', payment_status: 'partially_refunded'},
  ])
  t.is(await workLater('0 seconds'), 0)
})

test('a payment that was captured and partly refunded while its order was being cancelled gets the rest refunded', async (t) => {
  const {db, gateway, order, pay, workLater, books, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  const paymentId = (await pay(id))?.providerId ?? ''
  await db('payments').update({cancel_requested: true})
  await gateway.completeAction(paymentId, 'succeed')
  await gateway.refund({paymentId, money: {amount: 500, currency: 'USD'}, key: 'theirs'}, signal)

  await workLater('10 seconds')
  await workLater('0 seconds')

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'refunded'})
  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

test('two requests for one payment that begin in one group send it once', async (t) => {
  const {db, gateway, order, signal} = await createPaidShop(t)
  const ids = [await order('ok', {quantity: 1}), await order('ok', {quantity: 1})]
  const [first = 0, second = 0] = await Promise.all(ids.map(async (id) => (await findPaymentOfOrder(db, id))?.id))
  let calls = 0
  const payNow = createPayNow(db, {
    ...gateway,
    async pay(...asked) {
      calls++
      return gateway.pay(...asked)
    },
  })

  // The second and the third wait for the first, and form a group.
  await Promise.all([first, second, second].map(async (id) => payNow(id, {settings, signal})))

  t.is(calls, 2)
  t.like(await db('payments').where({id: second}).first(), {state: 'captured'})
})

test('a payment that was declined is not worked on again, and leaves the basket to the next order', async (t) => {
  const {db, anna, productId, charge, pay, workLater} = await createPaidShop(t)
  await decideJobs(db, [setItem(anna, productId, 1)])
  const place = async (outcome: 'declined' | 'requires_action'): Promise<number> => {
    const [placed] = await decideJobs(db, [checkout(anna, {charge: await charge(outcome)})])
    return placed?.status === 'placed' ? placed.placement.order.id : 0
  }
  const declined = await place('declined')
  await pay(declined)
  const next = await place('requires_action')
  await pay(next)

  await db('payments').where({order_id: declined}).update({next_try_at: db.fn.now()})
  await pay(declined, {mayStart: false})
  await workLater('1 second')

  t.like(await db('baskets').first(), {status: 'paying', order_id: next})
  await db('payments').where({order_id: declined}).update({next_try_at: null})
})

test('a process that sleeps beyond its lease does not send a payment that was given up meanwhile', async (t) => {
  const {db, url, gateway, order, workLater, books, signal} = await createPaidShop(t)
  const id = await order('ok')
  const payment = await findPaymentOfOrder(db, id)
  const lone = connect(() => ({connectionString: url}), {poolSize: 1, ...sessionsOfTests})
  t.teardown(async () => lone.destroy())

  const sleeping = advance(lone, gateway, payment?.id ?? 0, {mayStart: true, settings, signal})
  // It has to wait for the only connection after it has leased the payment.
  const held = await lone.transaction()
  t.truthy((await db('payments').first<{lease_until: string | null}>('lease_until')).lease_until)
  await workLater('2 minutes')
  t.like(await findPaymentOfOrder(db, id), {state: 'cancelled'})
  await held.rollback()
  await sleeping

  t.like(await findPaymentOfOrder(db, id), {state: 'cancelled'})
  t.is((await books()).count, 0)
})

test('a call that is being recorded keeps nobody from working on its payment', async (t) => {
  const {db, gateway, order, pay, books, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  const payment = await pay(id)
  const paymentId = payment?.providerId ?? ''
  await gateway.completeAction(paymentId, 'succeed')
  const recording = await db.transaction()
  await recording('payment_attempts').insert({payment_id: payment?.id, operation: 'read', event: 'sent'})

  await createReceiveEvent(db, gateway)({id: 'one', type: 'payment.captured', paymentId})
  t.like(await advance(db, gateway, payment?.id ?? 0, {mayStart: false, settings, signal}), {state: 'captured'})
  t.like((await refundOrder(db, gateway, {orderId: id}, signal)).refund, {state: 'succeeded'})
  await recording.rollback()

  t.deepEqual(await books(), {captured: 2000, refunded: 2000, count: 1})
})

test('an event whose payment is locked keeps no other event waiting, and is stored when the payment is free', async (t) => {
  const {db, gateway, order, pay} = await createPaidShop(t)
  const paymentIds: string[] = []
  for (let count = 0; count < 3; count++) {
    paymentIds.push((await pay(await order('requires_action', {quantity: 1})))?.providerId ?? '')
  }
  await db('payments').update({next_try_at: null})
  const receive = createReceiveEvent(db, gateway, {lockMs: 600_000})
  const hinted = async () => db('payments').whereNotNull('next_try_at').orderBy('id').pluck('id')
  const holder = await db.transaction()
  await holder('payments').where({id: 2}).forUpdate()

  const receiveAbout = async (payment: number, id = `event ${payment}`) =>
    receive({id, type: 'payment.captured', paymentId: paymentIds[payment - 1] ?? ''})
  // The first one goes alone, and the others together.
  const [first, slow, last] = [receiveAbout(1, 'first'), receiveAbout(2), receiveAbout(3)]
  const others = [receiveAbout(1), receiveAbout(1)]
  await Promise.all([first, last, ...others])
  t.deepEqual(await hinted(), [1, 3])
  t.deepEqual(await db('payment_events').orderBy('event_id').pluck('event_id'), ['event 1', 'event 3', 'first'])
  await holder.rollback()
  await slow

  t.deepEqual(await hinted(), [1, 2, 3])
  t.is((await db('payment_events')).length, 4)
})

test('an event whose payment stays locked is refused, and counts when it comes again', async (t) => {
  const {db, gateway, order, pay, workLater} = await createPaidShop(t)
  const id = await order('requires_action')
  const paymentId = (await pay(id))?.providerId ?? ''
  await gateway.completeAction(paymentId, 'succeed')
  const event = {id: 'one', type: 'payment.captured', paymentId}
  const receive = createReceiveEvent(db, gateway, {lockMs: 50})
  const holder = await db.transaction()
  await holder('payments').forUpdate()

  await t.throwsAsync(receive(event), {instanceOf: DatabaseUnavailableError})
  t.is((await db('payment_events')).length, 0)
  await holder.rollback()
  await receive(event)
  await workLater('0 seconds')

  t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
})

test('an event that comes in while a payment is read makes it read again', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const payment = await pay(await order('ok'))
  const paymentId = payment?.providerId ?? ''
  const refund = async (key: string) => gateway.refund({paymentId, money: {amount: 300, currency: 'USD'}, key}, signal)
  const late: Gateway = {
    ...gateway,
    async read(...asked) {
      const read = await gateway.read(...asked)
      await refund('second')
      await createReceiveEvent(db, gateway)({id: 'second', type: 'payment.refunded', paymentId})
      return read
    },
  }
  await refund('first')
  await createReceiveEvent(db, gateway)({id: 'first', type: 'payment.refunded', paymentId})

  await advance(db, late, payment?.id ?? 0, {mayStart: false, settings, signal})
  t.like(await db('payments').first(), {refunded: 300})
  await workLater('0 seconds')

  t.like(await db('payments').first(), {refunded: 600})
})

test('a provider that is too busy is tried again with the same key, but not for a client that has gone', async (t) => {
  const {db, gateway, order, books, workLater, signal} = await createPaidShop(t)
  const [served, cancelled, late] = [await order('ok'), await order('ok'), await order('ok')]
  const busy: Gateway = {...gateway, pay: async () => Promise.reject(new ProviderBusyError('Too many requests.'))}
  const payNow = createPayNow(db, busy)
  for (const id of [served, cancelled, late]) {
    t.like(await payNow((await findPaymentOfOrder(db, id))?.id ?? 0, {settings, signal}), {state: 'submitted'})
  }

  await t.throwsAsync(
    async () => cancelPaidOrder(db, undefined, {id: cancelled}),
    {instanceOf: PaymentPendingError},
    'There is no provider to ask.',
  )
  await db('payments').where({order_id: served}).update({next_try_at: db.fn.now()})
  await db('payments')
    .where({order_id: late})
    .update({next_try_at: db.raw(`now() + interval '1 minute'`)})
  await workOnPayments(db, gateway, {settings, signal})
  t.like(await findPaymentOfOrder(db, served), {state: 'captured'})
  t.like(await findPaymentOfOrder(db, cancelled), {state: 'cancelled'})
  await workLater('2 minutes')

  t.like(await findPaymentOfOrder(db, late), {state: 'cancelled'})
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
})

test('a basket that somebody has locked does not keep the other payments of its group from being written', async (t) => {
  const {db, gateway, anna, productId, charge, order, signal} = await createPaidShop(t)
  await decideJobs(db, [setItem(anna, productId, 1)])
  const others = [await order('ok', {quantity: 1}), await order('ok', {quantity: 1})]
  await decideJobs(db, [checkout(anna, {charge: await charge('ok')})])
  const payments = await db<{id: number}>('payments').orderBy('id').select('id')
  const holder = await db.transaction()
  await holder('baskets').forUpdate()
  let asked = 0
  let open = (): void => undefined
  const allAsked = new Promise<void>((resolve) => (open = resolve))
  // All are answered at once, so that the last two form a group.
  const payNow = createPayNow(db, {
    ...gateway,
    async pay(...order) {
      const payment = await gateway.pay(...order)
      asked++
      if (asked === payments.length) open()
      await allAsked
      return payment
    },
  })

  const paid = payments.map(async ({id}) => payNow(id, {settings, signal}))
  t.deepEqual(
    (await Promise.all(paid.slice(0, others.length))).map((payment) => payment?.state),
    ['captured', 'captured'],
  )
  await holder.rollback()

  t.like(await paid.at(-1), {state: 'captured'})
  t.like(await db('baskets').first(), {status: 'ordered'})
})
