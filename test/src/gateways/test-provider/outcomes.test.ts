import {setMaxListeners} from 'node:events'
import {performance} from 'node:perf_hooks'

import test from 'ava'

import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {type Outcome, outcomeNames} from '../../../../src/gateways/test-provider/outcomes.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {until} from '../../../helpers/until.ts'
import {actionUrl, listAll, openGateway, patient, startProvider} from './helpers.ts'

test('a payment has what was ordered, and is found by its reference and customer', async (t) => {
  const {gateway, order, customerId} = await startProvider(t)
  const wanted = await order('ok', {money: {amount: 12_345, currency: 'KWD'}})

  const paid = await gateway.pay(wanted, patient())

  t.like(paid, {
    ...{reference: wanted.reference, customerId, money: wanted.money},
    ...{captured: 12_345, refunded: 0, state: {kind: 'captured'}},
  })
  t.regex(paid.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  t.deepEqual(await gateway.read(paid.id, patient()), paid)
  t.deepEqual(await gateway.find(wanted, patient()), paid)
  const other = await gateway.createCustomer({userId: 2, key: 'other'}, patient())
  t.is(await gateway.find({...wanted, customerId: other}, patient()), undefined)
})

for (const [outcome, code] of [
  ['declined', 'card_declined'],
  ['insufficient_funds', 'insufficient_funds'],
] as const) {
  test(`a payment with the method "${outcome}" is declined, and moves no money`, async (t) => {
    const {gateway, order} = await startProvider(t)

    const payment = await gateway.pay(await order(outcome), patient())

    t.like(payment, {state: {kind: 'declined', code}, captured: 0})
    t.deepEqual(await gateway.read(payment.id, patient()), payment)
  })
}

test('an action that succeeds captures the payment, and tells where the user goes next', async (t) => {
  const {gateway, order} = await startProvider(t)
  const returnUrl = 'https://shop.example/thanks'
  const payment = await gateway.pay(await order('requires_action', {returnUrl}), patient())
  const nextAction = {type: 'redirect', url: actionUrl(payment.id)} as const
  t.like(payment, {state: {kind: 'requires_action', nextAction}, captured: 0})

  const completed = await gateway.completeAction(payment.id, 'succeed')

  t.like(completed, {payment: {state: {kind: 'captured'}, captured: 1500}, returnUrl})
  t.deepEqual(await gateway.read(payment.id, patient()), completed.payment)
  await t.throwsAsync(gateway.completeAction(payment.id, 'fail'), {instanceOf: RefusedError})
})

test('an action that fails declines the payment', async (t) => {
  const {gateway, order} = await startProvider(t)
  const payment = await gateway.pay(await order('requires_action'), patient())

  const {payment: after, returnUrl} = await gateway.completeAction(payment.id, 'fail')

  t.deepEqual(after.state, {kind: 'declined', code: 'authentication_failed'})
  t.is(returnUrl, undefined)
})

test('a slow payment is answered after 3 s, processing until then, and a repeat finds the provider busy', async (t) => {
  const {gateway, order} = await startProvider(t)
  const wanted = await order('slow_3s')
  const began = performance.now()
  const paying = gateway.pay(wanted, patient())
  await until(async () => (await gateway.find(wanted, patient()))?.state.kind === 'processing')
  await t.throwsAsync(gateway.pay(wanted, patient()), {instanceOf: ProviderBusyError})

  const paid = await paying

  t.true(performance.now() - began >= 2990)
  t.like(paid, {state: {kind: 'captured'}, captured: 1500})
  t.deepEqual(await gateway.read(paid.id, patient()), paid)
  t.deepEqual(await gateway.pay(wanted, patient()), paid)
})

test('a payment that times out may be captured: a repeat has its answer, and charges nothing more', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const wanted = await order('timeout_then_captured')
  const impatience = new AbortController()
  const paying = gateway.pay(wanted, impatience.signal)
  const refusal = t.throwsAsync(paying, {instanceOf: UnknownOutcomeError})
  await until(async () => (await gateway.find(wanted, patient())) !== undefined)
  impatience.abort()
  await refusal

  const repeated = await gateway.pay(wanted, patient())

  t.like(repeated, {state: {kind: 'captured'}, captured: 1500})
  t.deepEqual(await payments(), [repeated])
})

test('a payment that times out may be lost: nothing happened, and a repeat arrives', async (t) => {
  const {gateway, db, order, payments} = await startProvider(t)
  const wanted = await order('timeout_then_nothing')
  const impatience = new AbortController()
  const refusal = t.throwsAsync(gateway.pay(wanted, impatience.signal), {instanceOf: UnknownOutcomeError})
  await until(async () => (await db('test_provider.lost_calls').where({key: wanted.key})).length > 0)
  impatience.abort()
  await refusal
  t.is(await gateway.find(wanted, patient()), undefined)

  const repeated = await gateway.pay(wanted, patient())

  t.like(repeated, {state: {kind: 'captured'}})
  t.deepEqual(await payments(), [repeated])
})

test('a call that is answered with 500 charges once, and is answered with 500 again', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const wanted = await order('500_then_captured')

  await t.throwsAsync(gateway.pay(wanted, patient()), {instanceOf: UnknownOutcomeError})
  await t.throwsAsync(gateway.pay(wanted, patient()), {instanceOf: UnknownOutcomeError})

  t.like(await gateway.find(wanted, patient()), {state: {kind: 'captured'}, captured: 1500})
  t.is((await payments()).length, 1)
})

for (const [outcome, state] of [
  ['processing_then_captured', {kind: 'captured'}],
  ['processing_then_failed', {kind: 'declined', code: 'card_declined'}],
] as const) {
  test(`a payment with the method "${outcome}" settles by the database's clock, once, for every reader`, async (t) => {
    const {gateway, db, order} = await startProvider(t, {settleMs: 3_600_000})
    const wanted = await order(outcome)
    const payment = await gateway.pay(wanted, patient())
    t.deepEqual(payment.state, {kind: 'processing'})
    t.deepEqual(await gateway.read(payment.id, patient()), payment)

    await db('test_provider.payments').update({settles_at: db.raw('clock_timestamp()')})
    const readers = Array.from({length: 8}, async () => gateway.read(payment.id, patient()))

    for (const read of await Promise.all(readers)) {
      t.like(read, {state, captured: state.kind === 'captured' ? 1500 : 0})
    }
    t.like(await gateway.find(wanted, patient()), {state})
    t.deepEqual(
      (await gateway.listEvents(payment.id)).map(({type}) => type),
      ['payment.processing', `payment.${state.kind}`],
    )
    t.like(await gateway.pay(wanted, patient()), {state: {kind: 'processing'}}, 'a repeat has the first answer')
  })
}

test('a payment with the method "wrong_amount" charges another amount than was asked for', async (t) => {
  const {gateway, order} = await startProvider(t)

  const payment = await gateway.pay(await order('wrong_amount'), patient())

  t.like(payment, {money: {amount: 1501, currency: 'USD'}, captured: 1501})
})

const captures: Outcome[] = ['ok', 'refund_fails', 'wrong_amount', 'timeout_then_nothing', 'processing_then_captured']

test('a manual capture reserves the money first, whatever the outcome of the method', async (t) => {
  const {gateway, db, order} = await startProvider(t, {settleMs: 0})

  for (const outcome of captures) {
    const wanted = await order(outcome, {capture: 'manual'})
    await db('test_provider.lost_calls').insert({key: wanted.key})
    const {id} = await gateway.pay(wanted, patient())
    t.like(await gateway.read(id, patient()), {state: {kind: 'authorized'}, captured: 0}, `after ${outcome}`)
  }
})

test('every outcome has a method with digits of its own', async (t) => {
  const {gateway, customerId} = await startProvider(t)

  const methods = await Promise.all(outcomeNames.map(async (outcome) => gateway.addMethod(customerId, outcome)))

  t.is(new Set(methods.map(({last4}) => last4)).size, outcomeNames.length)
  t.like(methods[0], {customerId, brand: 'visa', last4: '4242', expiry: {month: 12, year: 2040}})
})

test('a call takes as long as it was told to', async (t) => {
  const {url, order} = await startProvider(t)
  const slow = openGateway(t, url, {delayMs: 400}).gateway
  const wanted = await order('ok')
  const began = performance.now()

  await slow.pay(wanted, patient())

  t.true(performance.now() - began >= 399)
})

test('calls that are on their way, or that are never answered, hold no connection', async (t) => {
  const {gateway, db, order} = await startProvider(t)
  const far = createTestGateway({db, webhookSecrets: ['current'], actionUrl, delayMs: 3_600_000})
  const orders = await Promise.all(Array.from({length: 10}, async () => order('timeout_then_captured')))
  const impatience = new AbortController()
  setMaxListeners(0, impatience.signal)
  const paying = [far, gateway].flatMap((one) => orders.map(async (wanted) => one.pay(wanted, impatience.signal)))

  await until(async () => (await listAll(gateway)).length === 10)

  impatience.abort()
  const outcomes = await Promise.allSettled(paying)
  t.true(outcomes.every((outcome) => outcome.status === 'rejected'))
})

test('an amount that is not positive has an obstacle, and is refused', async (t) => {
  const {gateway, order, payments} = await startProvider(t)

  t.deepEqual(gateway.obstacleTo({amount: 0, currency: 'USD'}), {kind: 'too_small', least: 1})
  t.deepEqual(gateway.obstacleTo({amount: 1e10, currency: 'JPY'}), {kind: 'too_large', most: 9_999_999_999})
  t.is(gateway.obstacleTo({amount: 1, currency: 'JPY'}), undefined)
  t.is(gateway.obstacleTo({amount: 9_999_999_999, currency: 'JPY'}), undefined)
  const refused = gateway.pay(await order('ok', {money: {amount: 0, currency: 'USD'}}), patient())
  await t.throwsAsync(refused, {instanceOf: RefusedError})
  t.deepEqual(await payments(), [])
})

test('a list has all payments since a time, the latest first, over several pages', async (t) => {
  const {gateway, order, payments} = await startProvider(t)
  const template = await order('ok')
  const made: string[] = []
  for (let index = 0; index < 205; index++) {
    const {id} = await gateway.pay({...template, reference: `r${index}`, key: `r${index}`}, patient())
    made.unshift(id)
  }

  const listed = await payments()

  t.deepEqual(
    listed.map(({id}) => id),
    made,
  )
  const since = listed[2]?.createdAt ?? ''
  t.deepEqual(await listAll(gateway, since), listed.slice(0, 3))
})
