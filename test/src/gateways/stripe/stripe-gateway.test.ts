import {randomUUID} from 'node:crypto'
import test from 'ava'

import {type ProviderPayment, RefusedError, UnknownOutcomeError} from '../../../../src/gateways/gateway.ts'
import {attachCard, newPayment, openAccount, pay, signal, storeCard} from '../../../helpers/stripe/account.ts'

// These tests run against Stripe's test mode with STRIPE_SECRET_KEY=sk_test_..., and against the double without.

test('a card that the user stores belongs to the customer, and comes without its number', async (t) => {
  const account = await openAccount(t)
  const {gateway, stripe, customerId} = account
  const {id, clientSecret} = await gateway.setUp({customerId, key: randomUUID()}, signal)
  t.true(clientSecret.startsWith(`${id}_secret_`))
  t.is(await gateway.readMethod(id, signal), undefined)

  await stripe.setupIntents.confirm(id, {payment_method: 'pm_card_visa'})

  const method = await gateway.readMethod(id, signal)
  t.like(method, {customerId, brand: 'visa', last4: '4242'})
  t.true((method?.expiry?.year ?? 0) >= 2026)
})

test('a customer and a setup are created once for each key', async (t) => {
  const {gateway, customerId} = await openAccount(t)
  const customer = {userId: 8, key: randomUUID()}
  const setup = {customerId, key: randomUUID()}

  t.is(await gateway.createCustomer(customer, signal), await gateway.createCustomer(customer, signal))
  t.deepEqual(await gateway.setUp(setup, signal), await gateway.setUp(setup, signal))
})

test('an unknown setup is refused', async (t) => {
  const {gateway} = await openAccount(t)
  const error = await t.throwsAsync(gateway.readMethod('seti_unknown', signal), {instanceOf: RefusedError})
  t.is(error.code, 'resource_missing')
})

test('a payment is captured at once, and carries our reference', async (t) => {
  const account = await openAccount(t)
  const order = newPayment(account, (await storeCard(account)).id)

  const payment = await account.gateway.pay(order, signal)

  const {reference, customerId, money} = order
  t.like(payment, {reference, customerId, money, captured: 1999, refunded: 0, state: {kind: 'captured'}})
  t.true(Date.parse(payment.createdAt) > Date.parse('2026-01-01'))
  t.deepEqual(await account.gateway.read(payment.id, signal), payment)
})

test('a payment that is repeated with its key charges once', async (t) => {
  const account = await openAccount(t)
  const order = newPayment(account, (await storeCard(account)).id)

  const first = await account.gateway.pay(order, signal)
  const second = await account.gateway.pay(order, signal)

  t.deepEqual(second, first)
  t.is((await account.stripe.paymentIntents.list({customer: account.customerId})).data.length, 1)
})

test('a key that comes with another amount charges nothing, and yields the payment that has it', async (t) => {
  const account = await openAccount(t)
  const order = newPayment(account, (await storeCard(account)).id)
  const first = await account.gateway.pay(order, signal)

  const again = await account.gateway.pay({...order, money: {amount: 2999, currency: 'USD'}}, signal)
  const other = account.gateway.pay({...order, reference: randomUUID()}, signal)

  t.deepEqual(again, first)
  await t.throwsAsync(other, {instanceOf: UnknownOutcomeError})
  t.is((await account.stripe.paymentIntents.list({customer: account.customerId})).data.length, 1)
})

test('a declined card is a state, and no other card can pay afterwards', async (t) => {
  const account = await openAccount(t)
  const methodId = (await storeCard(account, 'pm_card_chargeCustomerFail')).id

  const payment = await pay(account, {methodId})

  t.like(payment, {captured: 0, state: {kind: 'declined', code: 'generic_decline'}})
  t.is((await account.stripe.paymentIntents.retrieve(payment.id)).status, 'canceled')
  t.like(await account.gateway.read(payment.id, signal), {state: {kind: 'declined', code: 'generic_decline'}})
})

test('a declined payment that is repeated with its key is declined again', async (t) => {
  const account = await openAccount(t)
  const order = newPayment(account, (await storeCard(account, 'pm_card_chargeCustomerFail')).id)

  const first = await account.gateway.pay(order, signal)

  t.deepEqual(await account.gateway.pay(order, signal), first)
})

const sendsTheUser = test.macro(async (t, card: string) => {
  const account = await openAccount(t)
  const methodId = await attachCard(account, card)

  const {state: withPage} = await pay(account, {methodId, returnUrl: 'https://shop.example/done'})
  const {state: withSecret, id} = await pay(account, {methodId})

  t.true(withPage.kind === 'requires_action' && withPage.nextAction.type === 'redirect')
  t.true(withSecret.kind === 'requires_action' && withSecret.nextAction.type === 'client_secret')
  t.like(await account.gateway.cancel({paymentId: id, key: randomUUID()}, signal), {
    captured: 0,
    state: {kind: 'cancelled'},
  })
})

for (const card of ['pm_card_threeDSecure2Required', 'pm_card_authenticationRequired']) {
  test(`${card} sends the user to a page, or to the client with a secret`, sendsTheUser, card)
}

test('a card whose issuer asks for a confirmation is stored after it', async (t) => {
  const account = await openAccount(t)
  const {gateway, stripe, customerId} = account
  const {id} = await gateway.setUp({customerId, key: randomUUID()}, signal)

  const setup = await stripe.setupIntents.confirm(id, {
    payment_method: 'pm_card_authenticationRequired',
    return_url: 'https://shop.example/done',
  })

  t.is(setup.status, 'requires_action')
  t.is(setup.next_action?.type, 'redirect_to_url')
  t.is(setup.next_action?.redirect_to_url?.return_url, 'https://shop.example/done')
  t.is(await gateway.readMethod(id, signal), undefined)
})

test('money is reserved, and captured later in part', async (t) => {
  const account = await openAccount(t)
  const payment = await pay(account, {capture: 'manual'})
  const capture = {paymentId: payment.id, money: {amount: 1500, currency: 'USD'}, key: randomUUID()}
  t.like(payment, {captured: 0, state: {kind: 'authorized'}})

  const captured = await account.gateway.capture(capture, signal)

  t.like(captured, {money: {amount: 1999, currency: 'USD'}, captured: 1500, state: {kind: 'captured'}})
  t.deepEqual(await account.gateway.capture(capture, signal), captured)
  t.deepEqual(await account.gateway.capture({...capture, key: randomUUID()}, signal), captured)
})

test('a reservation is cancelled', async (t) => {
  const account = await openAccount(t)
  const {id: paymentId} = await pay(account, {capture: 'manual'})

  t.like(await account.gateway.cancel({paymentId, key: randomUUID()}, signal), {state: {kind: 'cancelled'}})
  t.like(await account.gateway.cancel({paymentId, key: randomUUID()}, signal), {state: {kind: 'cancelled'}})
})

test('a cancel that comes too late returns the captured payment', async (t) => {
  const account = await openAccount(t)
  const payment = await pay(account)
  t.deepEqual(await account.gateway.cancel({paymentId: payment.id, key: randomUUID()}, signal), payment)
})

test('refunds add up to the payment, and not beyond', async (t) => {
  const account = await openAccount(t)
  const {gateway} = account
  const {id: paymentId} = await pay(account)
  const part = {paymentId, money: {amount: 500, currency: 'USD'}, key: randomUUID()}

  const refund = await gateway.refund(part, signal)
  const again = await gateway.refund(part, signal)
  const beyond = gateway.refund({paymentId, money: {amount: 1500, currency: 'USD'}, key: randomUUID()}, signal)

  t.like(refund, {amount: 500, state: 'succeeded'})
  t.deepEqual(again, refund)
  t.deepEqual(await gateway.readRefund(refund.id, signal), refund)
  await t.throwsAsync(beyond, {instanceOf: RefusedError})
  t.like(await gateway.read(paymentId, signal), {captured: 1999, refunded: 500, state: {kind: 'captured'}})
})

test('a refund is found by its key among those of its payment, and no other is taken for it', async (t) => {
  const account = await openAccount(t)
  const {gateway} = account
  const {id: paymentId} = await pay(account)
  const [key, other] = [randomUUID(), randomUUID()]
  const money = {amount: 500, currency: 'USD'}
  const refund = await gateway.refund({paymentId, money, key}, signal)
  await gateway.refund({paymentId, money, key: other}, signal)

  t.deepEqual(await gateway.findRefund({paymentId, key}, signal), refund)
  t.is(await gateway.findRefund({paymentId, key: randomUUID()}, signal), undefined)
})

test('a method that was detached is not stored again by its setup', async (t) => {
  const {gateway, stripe, customerId} = await openAccount(t)
  const {id: setupId} = await gateway.setUp({customerId, key: randomUUID()}, signal)
  await stripe.setupIntents.confirm(setupId, {payment_method: 'pm_card_visa'})
  const method = await gateway.readMethod(setupId, signal)

  await gateway.detach(method?.id ?? '', signal)

  const error = await t.throwsAsync(gateway.readMethod(setupId, signal), {instanceOf: RefusedError})
  t.is(error.code, 'resource_missing')
})

test('a payment is found by our reference among those of its customer since it was written', async (t) => {
  const createdAt = new Date().toISOString()
  const account = await openAccount(t)
  const {gateway, customerId} = account
  const methodId = (await storeCard(account)).id
  const payment = await pay(account, {methodId})
  await pay(account, {methodId})

  t.deepEqual(await gateway.find({reference: payment.reference ?? '', customerId, createdAt}, signal), payment)
  t.is(await gateway.find({reference: randomUUID(), customerId, createdAt}, signal), undefined)
  const later = new Date(Date.now() + 48 * 60 * 60 * 1000).toISOString()
  t.is(await gateway.find({reference: payment.reference ?? '', customerId, createdAt: later}, signal), undefined)
})

test('the list has the payments since a time, the latest first', async (t) => {
  const account = await openAccount(t)
  const methodId = (await storeCard(account)).id
  const first = await pay(account, {methodId})
  const second = await pay(account, {methodId})

  const listed: ProviderPayment[] = []
  for await (const payment of account.gateway.list(first.createdAt, signal)) {
    if (payment.customerId === account.customerId) listed.push(payment)
    if (payment.id === first.id) break
  }

  t.deepEqual(
    listed.map(({id}) => id),
    [second.id, first.id],
  )
  const tomorrow = new Date(Date.parse(first.createdAt) + 86_400_000).toISOString()
  t.true((await account.gateway.list(tomorrow, signal)[Symbol.asyncIterator]().next()).done)
})

test('a detached card pays no more, and is detached twice without complaint', async (t) => {
  const account = await openAccount(t)
  const {id} = await storeCard(account)

  await account.gateway.detach(id, signal)
  await account.gateway.detach(id, signal)
  await account.gateway.detach('pm_unknown', signal)

  await t.throwsAsync(pay(account, {methodId: id}), {instanceOf: RefusedError})
})

for (const [currency, amount, inStripe] of [
  ['JPY', 500, 500],
  ['ISK', 500, 50_000],
  ['UGX', 50_000, 5_000_000],
  ['HUF', 50_000, 50_000],
] as const) {
  test(`${amount} of ${currency} are ${inStripe} for Stripe, and come back exact`, async (t) => {
    const account = await openAccount(t)
    const money = {amount, currency}

    const payment = await pay(account, {money})
    await account.gateway.refund({paymentId: payment.id, money, key: randomUUID()}, signal)

    t.is((await account.stripe.paymentIntents.retrieve(payment.id)).amount, inStripe)
    t.like(await account.gateway.read(payment.id, signal), {money, captured: amount, refunded: amount})
  })
}

test('an amount that Stripe finds too small is refused', async (t) => {
  const account = await openAccount(t)
  const error = await t.throwsAsync(pay(account, {money: {amount: 49, currency: 'USD'}}), {instanceOf: RefusedError})
  t.is(error.code, 'amount_too_small')
})
