import {randomUUID} from 'node:crypto'

import test, {type ExecutionContext} from 'ava'

import {watchGateway} from '../../../../../src/gateways/health.ts'
import {defaultHoldSettings} from '../../../../../src/hold-settings.ts'
import {actionSeconds} from '../../../../../src/payment-settings.ts'
import {audit} from '../../../../../src/services/audit.ts'
import {createReceiveEvent} from '../../../../../src/services/payments/events.ts'
import {createMethodLookup} from '../../../../../src/services/payments/methods.ts'
import {createPayNow} from '../../../../../src/services/payments/pay-now.ts'
import {workOnPayments} from '../../../../../src/services/payments/work.ts'
import {addBuyer} from '../../../../helpers/basket-requests.ts'
import {startShop} from '../../../../helpers/http.ts'
import {addProduct, stockOf} from '../../../../helpers/shop.ts'
import {openAs, webhookSecret} from '../../../../helpers/stripe/account.ts'
import {sign, startStripe} from '../../../../helpers/stripe/double.ts'

const returnUrl = 'https://shop.example/done?order=1'

test('a buyer confirms a card at its issuer, then a payment, and the webhook tells that it was captured', async (t) => {
  const {db, buyer, productId, store, order, visit, sendEvents} = await startStripeShop(t)
  await store('pm_card_authenticationRequired')

  const {status, body} = await order()
  t.is(status, 201)
  t.like(body, {payment_status: 'pending', next_action: {type: 'redirect'}})
  const back = await visit(body.next_action.url, 'succeed')
  t.is(back.status, 303)
  const {origin, pathname, searchParams} = new URL(back.headers.get('location') ?? '')
  t.is(origin + pathname, 'https://shop.example/done')
  t.deepEqual([...searchParams.keys()], ['order', 'payment_intent', 'payment_intent_client_secret', 'redirect_status'])
  t.is(searchParams.get('redirect_status'), 'succeeded')
  t.like(await db('orders').first(), {payment_status: 'pending'})
  await sendEvents()

  const {body: payment} = await buyer.payment(body.order_id)
  t.like(payment, {state: 'captured', payment_status: 'paid', captured: '4.25', next_action: null})
  t.is(await stockOf(db, productId), 9)
  t.is((await visit(body.next_action.url, 'succeed')).status, 410)
})

for (const [title, card, outcome, code] of [
  ['fails at its issuer', 'pm_card_authenticationRequired', 'fail', 'payment_intent_authentication_failure'],
  [
    'is declined after it',
    'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    'succeed',
    'insufficient_funds',
  ],
] as const) {
  test(`a payment that ${title} cancels the order, and the basket is open again`, async (t) => {
    const {db, buyer, productId, store, checkOut, visit, sendEvents} = await startStripeShop(t)
    await store(card)
    const {body} = await checkOut()

    const back = await visit(body.next_action.url, outcome)
    t.is(new URL(back.headers.get('location') ?? '').searchParams.get('redirect_status'), 'failed')
    await sendEvents()

    t.like((await buyer.payment(body.order_id)).body, {state: 'declined', payment_status: 'failed', decline_code: code})
    t.is(await stockOf(db, productId), 10)
    t.like((await buyer.get()).body, {items: [{product_id: productId, held: 1}]})
  })
}

test('a payment that its buyer abandons is cancelled at Stripe as well, and gives the stock back', async (t) => {
  const {db, stripe, buyer, productId, store, order, visit, work, sendEvents} = await startStripeShop(t)
  await store('pm_card_authenticationRequired')
  const {body} = await order()
  const later = async (seconds: number) =>
    db('payments').update({
      due_at: db.raw('due_at - make_interval(secs => ?)', [seconds]),
      next_try_at: db.fn.now(),
    })

  await later(actionSeconds - 60)
  await work()
  t.like((await buyer.payment(body.order_id)).body, {state: 'requires_action'})
  await later(60)
  await work()

  t.like((await buyer.payment(body.order_id)).body, {state: 'cancelled', payment_status: 'failed', next_action: null})
  t.like(await db('orders').first(), {status: 'cancelled'})
  t.is(await stockOf(db, productId), 10)
  const [intent] = (await stripe.paymentIntents.list()).data
  t.is(intent?.status, 'canceled')
  t.is((await visit(body.next_action.url, 'succeed')).status, 410)
  await sendEvents()
  t.like(await db('payments').first(), {state: 'cancelled', captured: 0, next_try_at: null})
})

/** A shop with a buyer and a product that takes payments through the double of Stripe. The audit is clean at the end. */
async function startStripeShop(t: ExecutionContext) {
  const double = await startStripe(t)
  const {gateway: stripeGateway, stripe} = await openAs(double)
  const {signal} = new AbortController()
  const settings = {holds: defaultHoldSettings, actionSeconds}
  const {gateway, health} = watchGateway(stripeGateway)
  const shop = await startShop(t, {
    payments: ({db}) => ({
      ...{isRequired: true, capture: 'automatic', waitMs: 10_000},
      ...{gateway, health, settings, signal},
      findMethod: createMethodLookup(db, gateway.name),
      payNow: createPayNow(db, gateway),
      receiveEvent: createReceiveEvent(db, gateway),
      testGateway: undefined,
    }),
  })
  const {db} = shop
  t.teardown(async () => {
    const {findings} = await audit(db)
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
  })
  const productId = await addProduct(db, {stock: 10, price: 425})
  const {headers, ...basket} = await addBuyer(shop)
  const charge = {payment_method: 'default', return_url: returnUrl}
  const visit = async (url: string, outcome: 'fail' | 'succeed') =>
    fetch(url, {method: 'POST', body: new URLSearchParams({outcome}), redirect: 'manual'})
  const work = async () => workOnPayments(db, gateway, {settings, signal})
  let sentEvents = 0

  return {
    ...{db, stripe, productId, visit, work},
    buyer: {
      get: basket.get,
      payment: async (orderId: number) => shop.send('GET', `/orders/${orderId}/payment/`, {headers}),
    },
    /** As the buyer's browser does, with the issuer's page if there is one. */
    store: async (card: string) => {
      const {body} = await shop.send('POST', '/payment-methods/setup/', {headers})
      const setup = await stripe.setupIntents.confirm(body.setup, {payment_method: card, return_url: returnUrl})
      await visit(setup.next_action?.redirect_to_url?.url ?? '', 'succeed')
      const stored = await shop.send('POST', '/payment-methods/', {headers, json: {setup: body.setup}})
      t.is(stored.status, 201)
    },
    order: async () =>
      shop.send('PUT', '/orders/create/', {
        headers: {...headers, 'idempotency-key': randomUUID()},
        json: {items: [{product_id: productId, quantity: 1}], ...charge},
      }),
    checkOut: async () => {
      await basket.set(productId, 1)
      return basket.checkOut(charge)
    },
    /** Stripe's webhooks about all that happened since the last ones, and what the shop does then. */
    sendEvents: async () => {
      const events = double.books.events.slice(sentEvents)
      sentEvents += events.length
      t.true(events.length > 0)
      for (const event of events) {
        const {body, headers: signed} = sign(event, webhookSecret)
        t.is((await shop.send('POST', '/webhooks/stripe/', {body: new Uint8Array(body), headers: signed})).status, 200)
      }
      await work()
    },
  }
}
