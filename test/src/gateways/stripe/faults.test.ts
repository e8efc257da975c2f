import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import test, {type ExecutionContext} from 'ava'

import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {createStripeGateway} from '../../../../src/gateways/stripe/stripe-gateway.ts'
import {type Account, attachCard, newPayment, openAs, pay, signal, storeCard} from '../../../helpers/stripe/account.ts'
import {type Double, startStripe} from '../../../helpers/stripe/double.ts'
import {finishProcessing} from '../../../helpers/stripe/intents.ts'
import {authenticate} from '../../../helpers/stripe/issuer.ts'
import {newIntent} from '../../../helpers/stripe/objects.ts'
import {finishRefund} from '../../../helpers/stripe/refunds.ts'

const creation = 'POST /v1/payment_intents'
const listing = 'GET /v1/payment_intents'
const refunding = 'POST /v1/refunds'

type Setting = {double: Double; account: Account; order: ReturnType<typeof newPayment>}

async function start(t: ExecutionContext, card?: string): Promise<Setting> {
  const double = await startStripe(t)
  const account = await openAs(double)
  return {double, account, order: newPayment(account, (await storeCard(account, card)).id)}
}

function charges({double}: Setting): number {
  return [...double.books.charges.values()].filter(({status}) => status === 'succeeded').length
}

for (const moment of ['before', 'after'] as const) {
  test(`a connection that breaks ${moment} Stripe acted costs nothing: the library asks again`, async (t) => {
    const setting = await start(t)
    setting.double.fail(creation, moment, 'reset')

    t.like(await setting.account.gateway.pay(setting.order, signal), {state: {kind: 'captured'}})
    t.is(charges(setting), 1)
  })

  test(`a connection that breaks twice ${moment} Stripe acted leaves the outcome unknown, and the key finds it`, async (t) => {
    const setting = await start(t)
    const {double, account, order} = setting
    double.fail(creation, moment, 'reset')
    double.fail(creation, moment, 'reset')

    await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: UnknownOutcomeError})

    t.is(charges(setting), moment === 'after' ? 1 : 0)
    t.like(await account.gateway.pay(order, signal), {state: {kind: 'captured'}})
    t.is(charges(setting), 1)
  })
}

test('a call ends when it is aborted, with an unknown outcome', async (t) => {
  const setting = await start(t)
  const {double, account, order} = setting
  const abort = new AbortController()
  const held = double.hold(creation)

  const paying = account.gateway.pay(order, abort.signal)
  await held.arrived
  abort.abort()

  await t.throwsAsync(paying, {instanceOf: UnknownOutcomeError})
  held.release()
  t.is((await account.gateway.pay(order, signal)).captured, 1999)
  t.is(charges(setting), 1)
})

test('a call that is aborted before it was sent has done nothing', async (t) => {
  const {double, account, order} = await start(t)
  const before = double.requests.length

  await t.throwsAsync(account.gateway.pay(order, AbortSignal.abort()), {instanceOf: ProviderBusyError})

  t.is(double.requests.length, before)
})

test('a response that takes longer than the timeout leaves the outcome unknown', async (t) => {
  const setting = await start(t)
  const {double, account, order} = setting
  const {secretKey, server} = double
  const hasty = await createStripeGateway({secretKey, webhookSecrets: [], timeout: 2_000, server})
  double.fail(creation, 'after', 'hang')

  await t.throwsAsync(hasty.pay(order, signal), {
    instanceOf: UnknownOutcomeError,
    message: /did not respond \(ETIMEDOUT\)/,
  })

  t.like(await account.gateway.find(order, signal), {state: {kind: 'captured'}})
})

test('a response that breaks off is asked for again, since Stripe keeps it', async (t) => {
  const setting = await start(t)
  setting.double.fail(creation, 'after', 'truncate')

  t.like(await setting.account.gateway.pay(setting.order, signal), {state: {kind: 'captured'}})
  t.is(charges(setting), 1)
})

test('after a 500, a search finds the payment that Stripe made', async (t) => {
  const setting = await start(t)
  setting.double.fail(creation, 'after', 'server_error')

  t.like(await setting.account.gateway.pay(setting.order, signal), {state: {kind: 'captured'}})
  t.is(charges(setting), 1)
})

test('after a 500 without a payment the outcome stays unknown, because Stripe repeats the 500', async (t) => {
  const setting = await start(t)
  const {double, account, order} = setting
  double.fail(creation, 'before', 'server_error')

  await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: UnknownOutcomeError})
  await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: UnknownOutcomeError})

  t.is(await account.gateway.find(order, signal), undefined)
  t.is(charges(setting), 0)
})

test('after a 500 and a failed search the outcome is unknown', async (t) => {
  const {double, account, order} = await start(t)
  double.fail(creation, 'after', 'server_error')
  double.fail(listing, 'before', 'rate_limit')

  await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: UnknownOutcomeError})

  t.like(await account.gateway.pay(order, signal), {state: {kind: 'captured'}})
})

for (const failure of ['lock_timeout', 'rate_limit'] as const) {
  test(`with ${failure} the provider is busy, and the same call succeeds later`, async (t) => {
    const setting = await start(t)
    const {double, account, order} = setting
    double.fail(creation, 'before', failure)

    await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: ProviderBusyError})

    t.like(await account.gateway.pay(order, signal), {state: {kind: 'captured'}})
    t.is(charges(setting), 1)
  })
}

test('while a call with the key is under way the provider is busy', async (t) => {
  const setting = await start(t)
  const {double, account, order} = setting
  const held = double.hold(creation)
  const first = account.gateway.pay(order, signal)
  await held.arrived

  await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: ProviderBusyError})

  held.release()
  t.like(await first, {state: {kind: 'captured'}})
  t.is(charges(setting), 1)
})

test('a provider that cannot be reached is busy', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const {port} = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const server = {host: '127.0.0.1', port, protocol: 'http' as const}
  const gateway = await createStripeGateway({secretKey: 'sk_test_1', webhookSecrets: [], server})

  const call = gateway.read('pi_1', signal)

  await t.throwsAsync(call, {instanceOf: ProviderBusyError, message: /could not be reached .* \(ECONNREFUSED\)/})
})

test('with a wrong key the provider is busy: payments wait for an operator', async (t) => {
  const {server} = await startStripe(t)
  const secretKey = 'sk_test_abcdefgh'
  const gateway = await createStripeGateway({secretKey, webhookSecrets: [], server})

  const error = await t.throwsAsync(gateway.read('pi_1', signal), {instanceOf: ProviderBusyError})

  t.notRegex(error.message, /sk_test/)
})

test('a refund whose response is lost happens once', async (t) => {
  const {double, account} = await start(t)
  const {id: paymentId} = await pay(account)
  const refund = {paymentId, money: {amount: 500, currency: 'USD'}, key: randomUUID()}
  double.fail(refunding, 'after', 'reset')
  double.fail(refunding, 'after', 'reset')

  await t.throwsAsync(account.gateway.refund(refund, signal), {instanceOf: UnknownOutcomeError})

  t.like(await account.gateway.refund(refund, signal), {amount: 500, state: 'succeeded'})
  t.like(await account.gateway.read(paymentId, signal), {refunded: 500})
})

test('a refund that the bank returns has failed, and its money can be refunded again', async (t) => {
  const {double, account} = await start(t)
  const {id: paymentId} = await pay(account, {methodId: (await storeCard(account, 'pm_card_pendingRefund')).id})
  const refund = {paymentId, money: {amount: 1999, currency: 'USD'}, key: randomUUID()}
  const {id, state} = await account.gateway.refund(refund, signal)
  t.is(state, 'pending')

  finishRefund(double.books, id, false)

  t.like(await account.gateway.readRefund(id, signal), {state: 'failed'})
  t.like(await account.gateway.refund(refund, signal), {id, state: 'failed'})
  t.like(await account.gateway.read(paymentId, signal), {refunded: 0})
  t.like(await account.gateway.refund({...refund, key: randomUUID()}, signal), {state: 'pending'})
})

test('a payment that is repeated with its key is returned as it is now', async (t) => {
  const {double, account} = await start(t)
  const order = newPayment(account, await attachCard(account, 'pm_card_threeDSecure2Required'))
  const {id, state} = await account.gateway.pay(order, signal)
  t.is(state.kind, 'requires_action')

  authenticate(double.books, id, true)

  t.like(await account.gateway.pay(order, signal), {id, captured: 1999, state: {kind: 'captured'}})
})

test('a failed authentication declines the payment, and the user cannot go on with another card', async (t) => {
  const {double, account} = await start(t)
  const {id} = await pay(account, {methodId: await attachCard(account, 'pm_card_threeDSecure2Required')})
  const another = (await storeCard(account)).id
  authenticate(double.books, id, false)

  const payment = await account.gateway.read(id, signal)

  t.like(payment, {captured: 0, state: {kind: 'declined', code: 'payment_intent_authentication_failure'}})
  await t.throwsAsync(account.stripe.paymentIntents.confirm(id, {payment_method: another}), {
    message: /status of canceled/,
  })
})

test('a user who pays with another card before the decline is read has paid', async (t) => {
  const {double, account} = await start(t)
  const {id} = await pay(account, {methodId: await attachCard(account, 'pm_card_threeDSecure2Required')})
  const another = (await storeCard(account)).id
  authenticate(double.books, id, false)
  const held = double.hold('POST /v1/payment_intents/:id/cancel')

  const reading = account.gateway.read(id, signal)
  await held.arrived
  await account.stripe.paymentIntents.confirm(id, {payment_method: another})
  held.release()

  t.like(await reading, {captured: 1999, state: {kind: 'captured'}})
})

test('a decline that cannot be made final is unknown until it can', async (t) => {
  const setting = await start(t, 'pm_double_insufficient_funds')
  const {double, account, order} = setting
  double.fail('POST /v1/payment_intents/:id/cancel', 'before', 'server_error')

  await t.throwsAsync(account.gateway.pay(order, signal), {instanceOf: UnknownOutcomeError})

  t.like(await account.gateway.pay(order, signal), {state: {kind: 'declined', code: 'insufficient_funds'}})
})

for (const succeeds of [true, false]) {
  test(`a payment that is processing is later ${succeeds ? 'captured' : 'declined'}, and cannot be cancelled`, async (t) => {
    const {double, account} = await start(t)
    const {id, state} = await pay(account, {methodId: (await storeCard(account, 'pm_double_processing')).id})
    t.is(state.kind, 'processing')
    t.like(await account.gateway.cancel({paymentId: id, key: 'shop:1:cancel'}, signal), {state: {kind: 'processing'}})

    finishProcessing(double.books, id, succeeds)

    t.is((await account.gateway.read(id, signal)).state.kind, succeeds ? 'captured' : 'declined')
  })
}

test('a cancel that came too early is not repeated by Stripe when it is asked for again', async (t) => {
  const {double, account} = await start(t)
  const {id: paymentId} = await pay(account, {methodId: (await storeCard(account, 'pm_double_processing')).id})
  const cancel = {paymentId, key: 'shop:1:cancel'}
  await account.gateway.cancel(cancel, signal)
  finishProcessing(double.books, paymentId, false)

  t.is((await account.gateway.cancel(cancel, signal)).state.kind, 'declined')
  t.is(double.books.intents.get(paymentId)?.status, 'canceled')
})

test('a payment that somebody else made has no reference, and reading does not cancel it', async (t) => {
  const {double, account} = await start(t)
  const money = {amount: 700, currency: 'usd'}
  const foreign = newIntent({...money, capture_method: 'automatic', customer: account.customerId, metadata: {}})
  double.books.intents.set(foreign.id, foreign)

  t.like(await account.gateway.read(foreign.id, signal), {reference: null, state: {kind: 'declined'}})
  t.is(foreign.status, 'requires_payment_method')
})

test('a search and a list go through all pages', async (t) => {
  const {double, account, order} = await start(t)
  const {customerId, gateway} = account
  const payment = await gateway.pay(order, signal)
  for (let count = 0; count < 250; count++) {
    const other = newIntent({
      amount: 700,
      currency: 'usd',
      capture_method: 'manual',
      customer: customerId,
      metadata: {},
    })
    double.books.intents.set(other.id, other)
  }

  const listed: string[] = []
  for await (const {id} of gateway.list(payment.createdAt, signal)) listed.push(id)

  t.is(new Set(listed).size, 251)
  t.deepEqual(await gateway.find(order, signal), payment)
})

test('a list that fails on its way says so', async (t) => {
  const {double, account, order} = await start(t)
  await account.gateway.pay(order, signal)
  double.fail(listing, 'before', 'rate_limit')
  const list = account.gateway.list('2026-01-01T00:00:00Z', signal)

  await t.throwsAsync(list[Symbol.asyncIterator]().next(), {instanceOf: ProviderBusyError})
})

test('what a user typed instead of a setup id does not leave the shop', async (t) => {
  const {double, account} = await start(t)
  const before = double.requests.length

  for (const typed of ['4242424242424242', 'seti_1_secret_2', '../customers', '']) {
    await t.throwsAsync(account.gateway.readMethod(typed, signal), {instanceOf: RefusedError})
  }

  t.is(double.requests.length, before)
})

test('no error says more than codes and ids of requests', async (t) => {
  const {double, account, order} = await start(t)
  const {gateway} = account
  const errors: unknown[] = []
  const collect = async (call: Promise<unknown>) => errors.push(await t.throwsAsync(call))

  await collect(gateway.pay({...order, methodId: '4242424242424242'}, signal))
  await collect(gateway.pay({...order, customerId: '4242424242424242', key: randomUUID()}, signal))
  await collect(gateway.refund({paymentId: '4242424242424242', money: order.money, key: randomUUID()}, signal))
  for (const failure of ['server_error', 'rate_limit', 'lock_timeout'] as const) {
    double.fail('GET /v1/payment_intents/:id', 'before', failure)
    await collect(gateway.read('pi_4242424242424242', signal))
  }
  await collect(gateway.read('pi_4242424242424242', AbortSignal.abort()))

  t.is(errors.length, 7)
  for (const error of errors) {
    const said = JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause])
    t.notRegex(said, /4242424242424242|sk_test_|_secret_/)
  }
})

test('a payment in an unexpected form is an unknown outcome, and not a crash', async (t) => {
  const {double, account} = await start(t)
  const {id} = await pay(account)
  const intent = double.books.intents.get(id)
  if (intent) delete (intent as Partial<typeof intent>).currency

  await t.throwsAsync(account.gateway.read(id, signal), {instanceOf: UnknownOutcomeError})
})

test('a provider that is busy after it may have acted leaves the outcome unknown', async (t) => {
  const setting = await start(t)
  const {double, account, order} = setting
  double.fail(creation, 'after', 'reset')
  const held = double.hold(creation)

  const paying = account.gateway.pay(order, signal)
  await held.arrived
  double.fail(creation, 'before', 'rate_limit') // meets the library's second request
  held.release()

  await t.throwsAsync(paying, {instanceOf: UnknownOutcomeError})
  t.is(charges(setting), 1)
})
