import test from 'ava'
import type {Knex} from 'knex'

import {type Gateway, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {advance} from '../../../../src/services/payments/advance.ts'
import {createReceiveEvent} from '../../../../src/services/payments/events.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {reconcile} from '../../../../src/services/payments/operators/reconcile.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'

function gate(): {opened: Promise<void>; open: () => void} {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    opened,
    open: () => {
      open()
    },
  }
}

/** A gateway whose first call of an operation stops `before` it reaches the provider, or `after` the provider has acted. */
function slow(gateway: Gateway, operation: 'pay' | 'read', where: 'after' | 'before') {
  const [reached, released] = [gate(), gate()]
  let isFirst = true
  const stop = async (): Promise<void> => {
    reached.open()
    await released.opened
  }
  async function around<Result>(call: () => Promise<Result>): Promise<Result> {
    const isStopped = isFirst
    isFirst = false
    if (isStopped && where === 'before') await stop()
    const result = await call()
    if (isStopped && where === 'after') await stop()
    return result
  }
  const slowed: Gateway = {
    ...gateway,
    ...(operation === 'pay'
      ? {pay: async (...asked) => around(async () => gateway.pay(...asked))}
      : {read: async (...asked) => around(async () => gateway.read(...asked))}),
  }
  return {slowed, reached: reached.opened, release: released.open}
}

for (const where of ['before', 'after'] as const) {
  test(`a call that outlasts its lease, stopped ${where} the provider acts, charges nothing twice`, async (t) => {
    const {db, gateway, order, workLater, books, signal} = await createPaidShop(t)
    const id = await order('ok')
    const payment = await findPaymentOfOrder(db, id)
    const {slowed, reached, release} = slow(gateway, 'pay', where)

    const late = advance(db, slowed, payment?.id ?? 0, {mayStart: true, settings, signal})
    await reached
    await workLater('2 minutes')
    t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
    release()
    await late

    t.like(await findPaymentOfOrder(db, id), {state: 'captured'})
    t.deepEqual(await books(), {captured: 2000, refunded: 0, count: 1})
  })
}

test('an answer that comes late does not take a payment back to an earlier state', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  const payment = await pay(id)
  const {slowed, reached, release} = slow(gateway, 'read', 'after')

  const late = advance(db, slowed, payment?.id ?? 0, {mayStart: false, settings, signal})
  await reached
  await gateway.completeAction(payment?.providerId ?? '', 'succeed')
  await db('payments').update({lease_until: null})
  t.like(await pay(id), {state: 'captured'})
  release()
  await late

  t.like(await findPaymentOfOrder(db, id), {state: 'captured', nextAction: null})
  t.like(await db('orders').first(), {status: 'placed', payment_status: 'paid'})
})

test('an event of the end of a payment, before its answer, leaves nothing to do', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const id = await order('requires_action')
  await pay(id)
  const hinting: Gateway = {
    ...gateway,
    async cancel(...asked) {
      const cancelled = await gateway.cancel(...asked)
      await createReceiveEvent(db, gateway)({id: 'end', type: 'payment.cancelled', paymentId: cancelled.id})
      return cancelled
    },
  }

  await cancelPaidOrder(db, hinting, {id}, {settings, signal})

  t.like(await db('payments').first(), {state: 'cancelled', next_try_at: null})
  const found: string[] = []
  for await (const {kind} of reconcile(db, gateway, {settings, signal, fix: false})) found.push(kind)
  t.deepEqual(found, [])
})

for (const outcome of ['ok', 'declined'] as const) {
  test(`a payment that was made after a backup, and is ${outcome}, is found before it is given up`, async (t) => {
    const {db, gateway, order, workLater, books, signal} = await createPaidShop(t)
    const ids = [await order(outcome, {quantity: 1}), await order(outcome, {quantity: 1})]
    for (const id of ids) await payBehindTheBackup(db, gateway, id, signal)
    const [kept, cancelled = 0] = ids

    await cancelPaidOrder(db, gateway, {id: cancelled}, {settings, signal})
    await workLater('2 minutes')

    const isPaid = outcome === 'ok'
    t.like(await db('orders').where({id: kept}).first(), {
      status: isPaid ? 'placed' : 'cancelled',
      payment_status: isPaid ? 'paid' : 'failed',
    })
    t.like(await db('orders').where({id: cancelled}).first(), {
      status: 'cancelled',
      payment_status: isPaid ? 'refunded' : 'failed',
    })
    t.like(await db('stock_levels').first(), {on_hand: isPaid ? 9 : 10})
    t.deepEqual(await books(), {captured: isPaid ? 2000 : 0, refunded: isPaid ? 1000 : 0, count: 2})
  })
}

/** What the shop did before it was lost, and the restored backup does not know. */
async function payBehindTheBackup(db: Knex, gateway: Gateway, orderId: number, signal: AbortSignal): Promise<void> {
  const payment = await findPaymentOfOrder(db, orderId)
  if (!payment) throw new Error('There is no payment.')
  const {reference, customerId, createdAt, providerMethodId: methodId, amount, currency, capture} = payment
  const made = {reference, customerId, createdAt, methodId, money: {amount, currency}, capture, returnUrl: undefined}
  await gateway.pay({...made, key: `shop:${reference}:pay`}, signal)
}

test('a payment that was never sent waits for the provider before it is given up', async (t) => {
  const {db, gateway, order, workLater, signal} = await createPaidShop(t)
  const id = await order('ok')
  const payment = await findPaymentOfOrder(db, id)
  const away: Gateway = {...gateway, find: async () => Promise.reject(new UnknownOutcomeError('Away.'))}
  await db('payments').update({created_at: db.raw(`created_at - interval '2 minutes'`)})

  await advance(db, away, payment?.id ?? 0, {mayStart: false, settings, signal})

  t.like(await findPaymentOfOrder(db, id), {state: 'created'})
  await workLater()
  t.like(await findPaymentOfOrder(db, id), {state: 'cancelled'})
})
