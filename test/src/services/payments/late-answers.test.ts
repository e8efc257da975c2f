import test from 'ava'

import type {Gateway} from '../../../../src/gateways/gateway.ts'
import {advance} from '../../../../src/services/payments/advance.ts'
import {receiveEvent} from '../../../../src/services/payments/events.ts'
import {cancelPaidOrder} from '../../../../src/services/payments/operations.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {reconcile} from '../../../../src/services/payments/reconcile.ts'
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
      await receiveEvent(db, 'test', {id: 'end', type: 'payment.cancelled', paymentId: cancelled.id})
      return cancelled
    },
  }

  await cancelPaidOrder(db, hinting, {id}, {settings, signal})

  t.like(await db('payments').first(), {state: 'cancelled', next_try_at: null})
  const found: string[] = []
  for await (const {kind} of reconcile(db, gateway, {settings, signal, fix: false})) found.push(kind)
  t.deepEqual(found, [])
})
