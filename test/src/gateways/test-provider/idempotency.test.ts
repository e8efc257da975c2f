import test from 'ava'

import {RefusedError, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {untilWaiting} from '../../../helpers/until.ts'
import {openGateway, patient, startProvider, usd} from './helpers.ts'

test('a repeated call has the answer of the first, even if the payment has changed since', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const wanted = await order('ok')
  const first = await gateway.pay(wanted, patient())
  await gateway.refund({paymentId: first.id, money: usd(100), key: 'refund'}, patient())
  await gateway.detach(wanted.methodId, patient())

  t.deepEqual(await gateway.pay(wanted, patient()), first)
  t.is((await payments()).length, 1)
})

test('many calls with one key at once, from several processes, make one payment', async (t) => {
  const {gateway, order, url, payments} = await startProvider(t)
  const other = openGateway(t, url).gateway
  const wanted = await order('ok')

  const answers = await Promise.all(
    Array.from({length: 20}, async (_, index) => (index % 2 === 0 ? gateway : other).pay(wanted, patient())),
  )

  const made = await payments()
  t.is(made.length, 1)
  for (const answer of answers) t.deepEqual(answer, made[0])
})

test('a call whose key is on its way to COMMIT waits, and has its answer', async (t) => {
  const {gateway, db, shop, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('ok'), patient())
  const blocker = await shop.transaction()
  await blocker('test_provider.payments').where({id: paymentId}).forUpdate()
  const refund = {paymentId, money: usd(1500), key: 'refund'}

  const refunds = Promise.all([gateway.refund(refund, patient()), gateway.refund(refund, patient())])
  await untilWaiting(shop, 2)
  await blocker.rollback()

  const [one, another] = await refunds
  t.deepEqual(one, another)
  t.is((await db('test_provider.refunds')).length, 1)
  t.is((await gateway.read(paymentId, patient())).refunded, 1500)
})

test('a key that was used for another request is refused, and the first call keeps its answer', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const wanted = await order('ok')
  const first = await gateway.pay(wanted, patient())
  const {methodId} = await order('ok')
  const refused = {instanceOf: RefusedError, code: 'idempotency_error'}

  for (const changes of [
    {money: {amount: 1501, currency: 'USD'}},
    {money: {amount: 1500, currency: 'EUR'}},
    {methodId},
    {reference: 'another'},
    {returnUrl: 'https://shop.example/'},
    {capture: 'manual'},
  ] as const) {
    await t.throwsAsync(gateway.pay({...wanted, ...changes}, patient()), refused, `with ${JSON.stringify(changes)}`)
  }
  await t.throwsAsync(gateway.cancel({paymentId: first.id, key: wanted.key}, patient()), refused)
  await t.throwsAsync(gateway.createCustomer({userId: 1, key: wanted.key}, patient()), refused)

  t.deepEqual(await gateway.pay(wanted, patient()), first)
  t.deepEqual(await payments(), [first])
})

test('a refusal is the answer to a key as well', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('requires_action'), patient())
  const refund = {paymentId, money: usd(100), key: 'refund'}
  const refused = {instanceOf: RefusedError, code: 'payment_unexpected_state'}
  await t.throwsAsync(gateway.refund(refund, patient()), refused)
  await gateway.completeAction(paymentId, 'succeed')

  await t.throwsAsync(gateway.refund(refund, patient()), refused)
  t.like(await gateway.refund({...refund, key: 'another'}, patient()), {state: 'succeeded'})
})

test('a key is forgotten after a day, and then the call happens again', async (t) => {
  const {gateway, db, order, payments} = await startProvider(t)
  const wanted = await order('ok')
  const first = await gateway.pay(wanted, patient())
  const age = async (interval: string): Promise<unknown> =>
    db('test_provider.calls').update({answers_at: db.raw(`clock_timestamp() - interval '${interval}'`)})

  await age('23 hours')
  t.deepEqual(await gateway.pay(wanted, patient()), first)
  await age('25 hours')
  const second = await gateway.pay(wanted, patient())

  t.not(second.id, first.id)
  t.is((await payments()).length, 2)
  t.deepEqual(await gateway.pay(wanted, patient()), second)
})

test('customers and setups are created once for their key', async (t) => {
  const {gateway, db, customerId} = await startProvider(t)
  t.is(await gateway.createCustomer({userId: 1, key: 'customer'}, patient()), customerId)

  const setUp = {customerId, key: 'setup'}
  t.deepEqual(await gateway.setUp(setUp, patient()), await gateway.setUp(setUp, patient()))
  t.is((await db('test_provider.setups')).length, 1)
})

test('a call that is given up before it arrives does not happen', async (t) => {
  const {gateway, url, order, payments} = await startProvider(t)
  const far = openGateway(t, url, {delayMs: 3_600_000}).gateway
  const wanted = await order('ok')
  const impatience = new AbortController()

  const paying = t.throwsAsync(far.pay(wanted, impatience.signal), {instanceOf: UnknownOutcomeError})
  impatience.abort()
  await paying
  await t.throwsAsync(gateway.pay(wanted, AbortSignal.abort()), {instanceOf: UnknownOutcomeError})

  t.deepEqual(await payments(), [])
})

test('a call that is given up after it arrived ends at once, and happens nevertheless', async (t) => {
  const {gateway, shop, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('ok'), patient())
  const blocker = await shop.transaction()
  await blocker('test_provider.payments').where({id: paymentId}).forUpdate()
  const impatience = new AbortController()
  const refund = {paymentId, money: usd(1500), key: 'refund'}

  const refunding = t.throwsAsync(gateway.refund(refund, impatience.signal), {instanceOf: UnknownOutcomeError})
  await untilWaiting(shop)
  impatience.abort()
  await refunding
  t.is((await gateway.read(paymentId, patient())).refunded, 0)
  await blocker.rollback()

  t.like(await gateway.refund(refund, patient()), {state: 'succeeded'})
  t.is((await gateway.read(paymentId, patient())).refunded, 1500)
})
