import test from 'ava'

import {RefusedError} from '../../../../src/gateways/gateway.ts'
import {patient, startProvider, usd} from './helpers.ts'

test('a capture takes what was authorized or less, once', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('ok', {capture: 'manual'}), patient())
  const capture = {paymentId, money: usd(1501), key: 'too much'}
  await t.throwsAsync(gateway.capture(capture, patient()), {instanceOf: RefusedError, code: 'amount_too_large'})
  await t.throwsAsync(gateway.capture({...capture, money: usd(0), key: 'nothing'}, patient()), {
    instanceOf: RefusedError,
  })

  const captured = await gateway.capture({paymentId, money: usd(1000), key: 'capture'}, patient())

  t.like(captured, {state: {kind: 'captured'}, captured: 1000, money: {amount: 1500}})
  t.deepEqual(await gateway.read(paymentId, patient()), captured)
  await t.throwsAsync(gateway.capture({paymentId, money: usd(500), key: 'rest'}, patient()), {instanceOf: RefusedError})
  t.deepEqual(await gateway.capture({paymentId, money: usd(1000), key: 'capture'}, patient()), captured)
})

test('a payment is cancelled while no money has moved, and stays as it is otherwise', async (t) => {
  const {gateway, order} = await startProvider(t, {settleMs: 3_600_000})
  const cases = [
    {outcome: 'ok', capture: 'manual', after: {kind: 'cancelled'}},
    {outcome: 'requires_action', capture: 'automatic', after: {kind: 'cancelled'}},
    {outcome: 'ok', capture: 'automatic', after: {kind: 'captured'}},
    {outcome: 'declined', capture: 'automatic', after: {kind: 'declined', code: 'card_declined'}},
    {outcome: 'processing_then_captured', capture: 'automatic', after: {kind: 'processing'}},
  ] as const

  for (const {outcome, capture, after} of cases) {
    const {id: paymentId} = await gateway.pay(await order(outcome, {capture}), patient())
    const cancelled = await gateway.cancel({paymentId, key: `${paymentId}:cancel`}, patient())
    t.deepEqual(cancelled.state, after, `after ${outcome}`)
    t.deepEqual(await gateway.read(paymentId, patient()), cancelled)
  }
})

test('a cancelled payment takes neither a capture nor an action', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {id: authorized} = await gateway.pay(await order('ok', {capture: 'manual'}), patient())
  const {id: pending} = await gateway.pay(await order('requires_action'), patient())
  for (const paymentId of [authorized, pending]) await gateway.cancel({paymentId, key: paymentId}, patient())

  const capture = gateway.capture({paymentId: authorized, money: usd(1500), key: 'capture'}, patient())
  await t.throwsAsync(capture, {instanceOf: RefusedError})
  await t.throwsAsync(gateway.completeAction(pending, 'succeed'), {instanceOf: RefusedError})
})

test('of an action and a cancellation at once, exactly one happens', async (t) => {
  const {gateway, order} = await startProvider(t)
  const kinds = new Set<string>()

  for (let round = 0; round < 20; round++) {
    const {id: paymentId} = await gateway.pay(await order('requires_action'), patient())
    const cancel = async (): Promise<unknown> => gateway.cancel({paymentId, key: `${paymentId}:cancel`}, patient())
    const complete = async (): Promise<unknown> => gateway.completeAction(paymentId, 'succeed')
    const [one, other] = round % 2 === 0 ? [cancel, complete] : [complete, cancel]
    await Promise.allSettled([one(), other()])

    const {state, captured} = await gateway.read(paymentId, patient())
    t.is(captured, state.kind === 'captured' ? 1500 : 0)
    const types = (await gateway.listEvents(paymentId)).map(({type}) => type)
    t.deepEqual(types, ['payment.requires_action', `payment.${state.kind}`])
    kinds.add(state.kind)
  }
  t.true([...kinds].every((kind) => kind === 'captured' || kind === 'cancelled'))
})

test('refunds never exceed what was captured, however many come at once', async (t) => {
  const {gateway, db, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('ok'), patient())

  const outcomes = await Promise.allSettled(
    Array.from({length: 10}, async (_, index) =>
      gateway.refund({paymentId, money: usd(400), key: `r${index}`}, patient()),
    ),
  )

  t.is(outcomes.filter(({status}) => status === 'fulfilled').length, 3)
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.true(refusals.every(({reason}) => reason instanceof RefusedError))
  t.like(await gateway.read(paymentId, patient()), {state: {kind: 'captured'}, captured: 1500, refunded: 1200})
  t.is((await db('test_provider.refunds')).length, 3)
  await gateway.refund({paymentId, money: usd(300), key: 'rest'}, patient())
  const beyond = gateway.refund({paymentId, money: usd(1), key: 'beyond'}, patient())
  await t.throwsAsync(beyond, {instanceOf: RefusedError, code: 'amount_too_large'})
})

test('a refund can be read, and needs a payment that was captured', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('ok'), patient())
  const {id: declined} = await gateway.pay(await order('declined'), patient())

  const refund = await gateway.refund({paymentId, money: usd(700), key: 'refund'}, patient())

  t.like(refund, {amount: 700, state: 'succeeded'})
  t.deepEqual(await gateway.readRefund(refund.id, patient()), refund)
  for (const refused of [
    gateway.refund({paymentId: declined, money: usd(1), key: 'declined'}, patient()),
    gateway.refund({paymentId, money: usd(-1), key: 'negative'}, patient()),
    gateway.refund({paymentId: 'test_pay_none', money: usd(1), key: 'unknown'}, patient()),
    gateway.readRefund('test_refund_none', patient()),
    gateway.read('test_pay_none', patient()),
  ]) {
    await t.throwsAsync(refused, {instanceOf: RefusedError})
  }
})

test('refunds of a payment with the method "refund_fails" fail, and return no money', async (t) => {
  const {gateway, order} = await startProvider(t)
  const {id: paymentId} = await gateway.pay(await order('refund_fails'), patient())

  const refund = await gateway.refund({paymentId, money: usd(1500), key: 'refund'}, patient())

  t.is(refund.state, 'failed')
  t.deepEqual(await gateway.readRefund(refund.id, patient()), refund)
  t.like(await gateway.read(paymentId, patient()), {captured: 1500, refunded: 0})
  t.like(await gateway.refund({paymentId, money: usd(1500), key: 'again'}, patient()), {state: 'failed'})
})
