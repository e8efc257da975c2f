import test, {type ExecutionContext} from 'ava'
import {Stripe} from 'stripe'

import {InvalidSignatureError, type ProviderEvent} from '../../../../src/gateways/gateway.ts'
import {createStripeGateway, type StripeOptions} from '../../../../src/gateways/stripe/stripe-gateway.ts'
import {openAs, pay, signal, storeCard} from '../../../helpers/stripe/account.ts'
import {sign, startStripe} from '../../../helpers/stripe/double.ts'
import {type DoubleEvent, newCharge, newEvent, newIntent, newSetup, now} from '../../../helpers/stripe/objects.ts'

const secret = 'whsec_of_today'
const intent = newIntent({amount: 500, capture_method: 'automatic', currency: 'usd', customer: 'cus_1', metadata: {}})
const event: DoubleEvent = {
  ...newEvent('2026-10-28.endive'),
  type: 'payment_intent.succeeded',
  data: {object: intent},
}

async function receive(message: ReturnType<typeof sign>, options: Partial<StripeOptions> = {}): Promise<ProviderEvent> {
  const gateway = await createStripeGateway({secretKey: 'sk_test_1', webhookSecrets: [secret], ...options})
  return gateway.event(message.body, message.headers)
}

async function isRefused(t: ExecutionContext, ...asked: Parameters<typeof receive>): Promise<void> {
  const error = await t.throwsAsync(receive(...asked), {instanceOf: InvalidSignatureError})
  t.notRegex(error.message, /whsec/)
}

test('a signed webhook names its event and payment', async (t) => {
  const read = await receive(sign(event, secret))
  t.deepEqual(read, {id: event.id, type: 'payment_intent.succeeded', paymentId: intent.id})
})

test('a webhook of a charge names its payment, and one of a setup names none', async (t) => {
  const charge = {...newEvent(''), type: 'charge.refunded' as const, data: {object: newCharge(intent, 'succeeded')}}
  const setup = {...newEvent(''), type: 'setup_intent.succeeded' as const, data: {object: newSetup('cus_1', '')}}

  t.is((await receive(sign(charge, secret))).paymentId, intent.id)
  t.is((await receive(sign(setup, secret))).paymentId, null)
})

test('both secrets are good while one is replaced by another', async (t) => {
  const webhookSecrets = ['whsec_of_tomorrow', secret]
  t.is((await receive(sign(event, secret), {webhookSecrets})).id, event.id)
  t.is((await receive(sign(event, 'whsec_of_tomorrow'), {webhookSecrets})).id, event.id)
})

test('Stripe signs with both secrets while one is replaced by another', async (t) => {
  const {body, headers} = sign(event, 'whsec_of_tomorrow')
  const signatures = `${headers['stripe-signature'] ?? ''},${sign(event, secret).headers['stripe-signature']?.split(',')[1] ?? ''}`
  t.is((await receive({body, headers: {'stripe-signature': signatures}})).id, event.id)
})

test('a webhook with the wrong secret is refused, also if no secret is known', async (t) => {
  await isRefused(t, sign(event, 'whsec_of_a_stranger'))
  await isRefused(t, sign(event, secret), {webhookSecrets: []})
  await isRefused(t, sign(event, 'x'), {webhookSecrets: ['']})
})

test('a webhook is refused if one byte of it has changed', async (t) => {
  const {body, headers} = sign(event, secret)
  body[body.indexOf('succeeded')] = 'S'.charCodeAt(0)
  await isRefused(t, {body, headers})
})

test('a webhook that is older than the tolerance is refused', async (t) => {
  await isRefused(t, sign(event, secret, now() - 400))
  t.is((await receive(sign(event, secret, now() - 400), {tolerance: 500})).id, event.id)
})

test('a webhook without a signature, or with one that cannot be read, is refused', async (t) => {
  const {body} = sign(event, secret)
  await isRefused(t, {body, headers: {}})
  await isRefused(t, {body, headers: {'stripe-signature': ''}})
  await isRefused(t, {body, headers: {'stripe-signature': 't=now,v1=abc'}})
})

test('what is signed but is not an event is refused', async (t) => {
  for (const payload of ['null', '[]', '{}', '{"id":"evt_1","type":"x","data":{"object":null}}', '{']) {
    const signature = Stripe.webhooks.generateTestHeaderString({payload, secret})
    await isRefused(t, {body: Buffer.from(payload), headers: {'stripe-signature': signature}})
  }
})

test('the double signs the events of what it did', async (t) => {
  const double = await startStripe(t)
  const account = await openAs(double)
  const {id} = await pay(account, {methodId: (await storeCard(account)).id})
  await account.gateway.refund({paymentId: id, money: {amount: 5, currency: 'USD'}, key: 'shop:1:refund'}, signal)

  const read = await Promise.all(double.books.events.map(async (one) => receive(sign(one, secret))))

  t.deepEqual(
    read.map(({type, paymentId}) => [type, paymentId]),
    [
      ['setup_intent.succeeded', null],
      ['payment_intent.created', id],
      ['payment_intent.succeeded', id],
      ['refund.created', id],
      ['charge.refunded', id],
    ],
  )
  t.deepEqual(
    read.map(({type}) => account.gateway.eventsUpToCapture.has(type)),
    [false, true, true, false, false],
  )
})
