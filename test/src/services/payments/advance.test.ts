import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {query} from '../../../../src/db/query.ts'
import {OutOfStockError} from '../../../../src/errors.ts'
import type {Gateway} from '../../../../src/gateways/gateway.ts'
import {newOrder} from '../../../../src/services/checkout/new-order.ts'
import {placeOrder} from '../../../../src/services/checkout/place-order.ts'
import {createPayNow} from '../../../../src/services/payments/pay-now.ts'
import {createReceiveEvent} from '../../../../src/services/payments/events.ts'
import {advance} from '../../../../src/services/payments/advance.ts'
import {findDuePayments} from '../../../../src/services/payments/due.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {basketOf, checkout, codeOf, decideJobs, setItem} from '../../../helpers/baskets.ts'
import {sessionsOfTests} from '../../../helpers/database.ts'
import {until} from '../../../helpers/until.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'
import {stockOf} from '../../../helpers/shop.ts'

test('an order that is paid', async (t) => {
  const {db, productId, order, pay, books} = await createPaidShop(t)

  t.like(await pay(await order('ok')), {state: 'captured', captured: 2000, amount: 2000})

  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
  t.is(await stockOf(db, productId), 8)
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
})

test('an order that is out of stock, or costs nothing, is not paid', async (t) => {
  const {db, order, books} = await createPaidShop(t)

  await t.throwsAsync(order('ok', {quantity: 11}), {instanceOf: OutOfStockError})
  await db('product_prices').update({amount: 0})
  const id = await order('ok')

  t.is(await findPaymentOfOrder(db, id), undefined)
  t.like(await db('orders').first(), {payment_status: 'none'})
  t.is((await books()).count, 0)
})

test('an order whose payment is declined is cancelled, and its stock is back', async (t) => {
  const {db, order, pay} = await createPaidShop(t)

  t.like(await pay(await order('insufficient_funds')), {state: 'declined', declineCode: 'insufficient_funds'})

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('stock_levels').first(), {on_hand: 10, reserved: 0})
})

test('a basket whose payment is declined is open again with its holds', async (t) => {
  const {db, anna, productId, charge, pay} = await createPaidShop(t)
  await decideJobs(db, [setItem(anna, productId, 3)])

  const [outcome] = await decideJobs(db, [checkout(anna, {charge: await charge('declined')})])
  t.like(await db('baskets').first(), {status: 'paying'})
  t.is(codeOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0]), 'basket_locked')
  t.like(await pay(outcome?.status === 'placed' ? outcome.placement.order.id : 0), {state: 'declined'})

  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('baskets').first(), {status: 'open', order_id: null})
  t.like(await db('stock_levels').first(), {on_hand: 10, reserved: 3})
  const basket = basketOf((await decideJobs(db, [setItem(anna, productId, 4)]))[0])
  t.like(basket?.items[0], {quantity: 4, held: 4})
})

test('a basket that is paid is ordered', async (t) => {
  const {db, anna, productId, charge, pay} = await createPaidShop(t)
  await decideJobs(db, [setItem(anna, productId, 3)])

  const [outcome] = await decideJobs(db, [checkout(anna, {charge: await charge('ok')})])
  await pay(outcome?.status === 'placed' ? outcome.placement.order.id : 0)

  t.like(await db('baskets').first(), {status: 'ordered'})
  t.like(basketOf((await decideJobs(db, [setItem(anna, productId, 1)]))[0])?.items, [{quantity: 1}])
})

test('an action that is completed leads to a paid order, and one that is abandoned to a cancelled one', async (t) => {
  const {db, gateway, order, pay, workLater, books} = await createPaidShop(t)
  const [completed, abandoned] = [await order('requires_action'), await order('requires_action')]
  const waiting = await pay(completed)
  t.like(waiting, {state: 'requires_action', nextAction: {type: 'redirect'}})
  await pay(abandoned)

  await gateway.completeAction(waiting?.providerId ?? '', 'succeed')
  t.like(await pay(completed), {state: 'captured'})
  t.like(await pay(abandoned), {state: 'requires_action'})
  await workLater()

  t.like(await findPaymentOfOrder(db, abandoned), {state: 'cancelled'})
  t.like(await db('orders').where({id: abandoned}).first(), {status: 'cancelled', payment_status: 'failed'})
  t.like(await db('stock_levels').first(), {on_hand: 8})
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 2})
})

test('an action that is completed when it is given up is one or the other', async (t) => {
  const {db, gateway, order, pay, workLater, books} = await createPaidShop(t)
  const id = await order('requires_action')
  const payment = await pay(id)

  await Promise.all([
    gateway.completeAction(payment?.providerId ?? '', 'succeed').catch(() => undefined),
    workLater(),
    workLater('1 second'),
  ])
  await workLater()

  const {captured} = await books()
  const [{status}] = (await db('orders').select<{status: string}[]>('status')) as [{status: string}]
  t.is(status, captured === 0 ? 'cancelled' : 'placed')
  t.like(await findPaymentOfOrder(db, id), {state: captured === 0 ? 'cancelled' : 'captured'})
})

for (const outcome of ['timeout_then_captured', 'timeout_then_nothing', '500_then_captured', 'slow_3s'] as const) {
  test(`without an answer, a payment is made once: ${outcome}`, async (t) => {
    const {db, order, pay, workLater, books} = await createPaidShop(t)
    const id = await order(outcome)

    t.like(await pay(id, {callMs: 500}), {state: 'unknown'})
    t.like(await db('orders').first(), {status: 'placed', payment_status: 'pending'})
    await until(async () => {
      await workLater('30 seconds', {callMs: 5000})
      return (await findPaymentOfOrder(db, id))?.state === 'captured'
    })

    t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
  })
}

test('a payment that is processed for a while is never given up by the clock', async (t) => {
  const {db, order, pay, workLater} = await createPaidShop(t)
  const [captured, failed] = [await order('processing_then_captured'), await order('processing_then_failed')]
  for (const id of [captured, failed]) t.like(await pay(id), {state: 'processing'})

  await until(async () => {
    await workLater('3 days')
    return (await findPaymentOfOrder(db, captured))?.state === 'captured'
  })
  await until(async () => {
    await workLater('1 minute')
    return (await findPaymentOfOrder(db, failed))?.state === 'declined'
  })
  t.like(await db('orders').where({id: failed}).first(), {status: 'cancelled'})
})

test('another amount than that of the order waits for an operator', async (t) => {
  const {db, order, pay, workLater} = await createPaidShop(t)

  t.like(await pay(await order('wrong_amount')), {state: 'mismatch', captured: 0})

  t.is(await workLater('30 days'), 0)
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'pending'})
})

test('a payment that was never sent is not sent when its client has gone, and is cancelled', async (t) => {
  const {db, order, pay, workLater, books} = await createPaidShop(t)
  const id = await order('ok')

  t.like(await pay(id, {mayStart: false}), {state: 'created'})
  const [{waits} = {}] = await query<{waits: boolean}>(
    db,
    `select next_try_at > updated_at + interval '1 second' as waits from payments`,
  )
  t.true(waits)
  // Earlier than its next try, however long this has taken.
  t.is(await workLater('-1 hour'), 0)
  await workLater('61 minutes')

  t.like(await findPaymentOfOrder(db, id), {state: 'cancelled'})
  t.like(await db('orders').first(), {status: 'cancelled', payment_status: 'failed'})
  t.is((await books()).count, 0)
  t.like(await pay(id), {state: 'cancelled'})
})

test('of many that work on a payment at once, one sends it', async (t) => {
  const {db, order, pay, books} = await createPaidShop(t)
  const id = await order('ok')

  await Promise.all(Array.from({length: 8}, async () => pay(id)))

  t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
  t.is((await db('payment_attempts').where({event: 'sent', operation: 'pay'})).length, 1)
  t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
})

test('a method that was removed meanwhile is declined', async (t) => {
  const {db, gateway, charge, anna, productId, pay, signal} = await createPaidShop(t)
  const charged = await charge('ok')
  const items = [{productId, quantity: 1}]
  const {order} = await placeOrder(db, newOrder({userId: anna, currency: 'USD', items, charge: charged}))
  const [{provider_id: providerId}] = (await db('payment_methods').select<{provider_id: string}[]>('provider_id')) as [
    {provider_id: string},
  ]
  await gateway.detach(providerId, signal)

  t.like(await pay(order.id), {state: 'declined', declineCode: 'resource_missing'})
  t.like(await db('orders').first(), {status: 'cancelled'})
})

test('events are hints: repeated, early and foreign ones change nothing, and a payment is read at once', async (t) => {
  const {db, gateway, order, pay, workLater} = await createPaidShop(t)
  const id = await order('requires_action')
  await createReceiveEvent(db, gateway)({id: 'early', type: 'payment.captured', paymentId: 'unknown'})
  const payment = await pay(id)
  const event = {id: 'one', type: 'payment.captured', paymentId: payment?.providerId ?? ''}

  await Promise.all(Array.from({length: 20}, async () => createReceiveEvent(db, gateway)(event)))
  t.is(await workLater('0 seconds'), 1)
  t.like(await findPaymentOfOrder(db, id), {state: 'requires_action'})
  await gateway.completeAction(payment?.providerId ?? '', 'succeed')
  await createReceiveEvent(db, gateway)({...event, id: 'two'})
  await workLater('0 seconds')

  t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
  await createReceiveEvent(db, gateway)({...event, id: 'three', type: 'payment.failed'})
  await workLater('0 seconds')
  t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
})

test('the events up to its capture are no news of a captured payment, and any other is', async (t) => {
  const {db, gateway, order, pay, workLater} = await createPaidShop(t)
  const {providerId} = (await pay(await order('ok'))) ?? {}
  const paymentId = providerId ?? ''

  for (const type of ['payment.requires_action', 'payment.processing', 'payment.authorized', 'payment.captured']) {
    await createReceiveEvent(db, gateway)({id: type, type, paymentId})
  }
  t.is((await db('payment_events')).length, 4)
  t.is(await workLater('0 seconds'), 0)
  await createReceiveEvent(db, gateway)({id: 'other', type: 'refund.succeeded', paymentId})

  t.is(await workLater('0 seconds'), 1)
})

test('events that several processes receive together, some twice and in both orders, are stored once', async (t) => {
  const {db, gateway, order, pay} = await createPaidShop(t)
  const paymentIds: string[] = []
  for (let count = 0; count < 5; count++) {
    paymentIds.push((await pay(await order('requires_action', {quantity: 1})))?.providerId ?? '')
  }

  for (let round = 0; round < 20; round++) {
    const events = paymentIds.map((paymentId) => ({id: `${paymentId} ${round}`, type: 'payment.captured', paymentId}))
    const [one, other] = [createReceiveEvent(db, gateway), createReceiveEvent(db, gateway)]
    await Promise.all([...[...events, ...events].map(one), ...events.toReversed().map(other)])
  }

  t.is((await db('payment_events')).length, 100)
  t.is((await findDuePayments(db, {provider: 'test', most: 10, except: new Set()})).length, 5)
})

test('a refund that was made at the provider is noticed, and the stock is left alone', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const payment = await pay(await order('ok'))
  await gateway.refund(
    {paymentId: payment?.providerId ?? '', money: {amount: 500, currency: 'USD'}, key: 'theirs'},
    signal,
  )

  await createReceiveEvent(db, gateway)({id: 'refund', type: 'payment.refunded', paymentId: payment?.providerId ?? ''})
  await workLater('0 seconds')

  t.like(await db('payments').first(), {state: 'partially_refunded', refunded: 500})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'partially_refunded'})
  t.like(await db('stock_levels').first(), {on_hand: 8})
})

test('two hundred calls are in flight at once with five connections', async (t) => {
  const {db, url, gateway, anna, productId, charge, signal} = await createPaidShop(t, {stock: 500})
  const order = {userId: anna, currency: 'USD', items: [{productId, quantity: 1}], charge: await charge('ok')}
  await decideJobs(
    db,
    Array.from({length: 200}, () => newOrder(order)),
  )
  const pool = connect(() => ({connectionString: url}), {poolSize: 5, ...sessionsOfTests})
  t.teardown(async () => pool.destroy())
  let inFlight = 0
  let open = (): void => undefined
  const allArrived = new Promise<void>((resolve) => (open = resolve))
  const payNow = createPayNow(pool, {
    ...gateway,
    async pay(...asked) {
      inFlight++
      if (inFlight === 200) open()
      await allArrived
      return gateway.pay(...asked)
    },
  })

  const payments = await db<{id: number}>('payments').select('id')
  const paid = await Promise.all(payments.map(async ({id}) => payNow(id, {settings, signal})))

  t.deepEqual(new Set(paid.map((payment) => payment?.state)), new Set(['captured']))
})

test('no connection is held while the provider is asked', async (t) => {
  const {db, gateway, order, signal} = await createPaidShop(t)
  const id = (await findPaymentOfOrder(db, await order('ok')))?.id ?? 0
  let idle: number | undefined
  const watched: Gateway = {
    ...gateway,
    async pay(...asked) {
      idle = (db.client.pool as {numUsed: () => number}).numUsed()
      return gateway.pay(...asked)
    },
  }

  await advance(db, watched, id, {mayStart: true, settings, signal})

  t.is(idle, 0)
})
