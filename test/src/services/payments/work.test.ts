import test from 'ava'

import {type Gateway, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {refundOrder} from '../../../../src/services/payments/operators/refund-and-capture.ts'
import {findPaymentOfOrder} from '../../../../src/services/payments/payment.ts'
import {advanceRefund} from '../../../../src/services/payments/refunds.ts'
import {workOnPayments} from '../../../../src/services/payments/work.ts'
import {createPaidShop, settings} from '../../../helpers/payments.ts'

test('a payment that somebody else has locked is left for the next round', async (t) => {
  const {db, gateway, order, pay, signal} = await createPaidShop(t)
  const work = async () => workOnPayments(db, gateway, {settings, signal})
  const [locked, free] = [await order('processing_then_captured'), await order('processing_then_captured')]
  for (const id of [locked, free]) await pay(id)
  await db.raw('update test_provider.payments set settles_at = clock_timestamp()')
  await db('payments').update({next_try_at: db.fn.now(), lease_until: null})

  await db.transaction(async (trx) => {
    await trx('payments').where({order_id: locked}).forUpdate().select('id')
    t.is(await work(), 2)
  })

  t.like(await findPaymentOfOrder(db, locked), {state: 'processing'})
  t.like(await findPaymentOfOrder(db, free), {state: 'captured'})
  t.is(await work(), 1)
  t.like(await findPaymentOfOrder(db, locked), {state: 'captured'})
})

test('a refund whose answer is given up after another process has heard it is finished', async (t) => {
  const {db, gateway, order, pay, workLater, signal} = await createPaidShop(t)
  const id = await order('ok')
  await pay(id)
  const late: Gateway = {
    ...gateway,
    async refund(...asked) {
      await db('refunds').update({lease_until: null})
      await advanceRefund(db, gateway, 1, {signal})
      await gateway.refund(...asked)
      throw new UnknownOutcomeError('The answer came too late.')
    },
  }

  await refundOrder(db, late, {orderId: id}, signal)

  t.like(await db('refunds').first(), {state: 'succeeded', next_try_at: null})
  t.is(await workLater(), 0)
})
