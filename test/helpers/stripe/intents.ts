import type {Stripe} from 'stripe'

import {nextAction} from './authentication.ts'
import {type Books, record} from './books.ts'
import {type Form, pageOf} from './form.ts'
import {customerOf, methodOf} from './methods.ts'
import {newCharge, newIntent, now} from './objects.ts'
import {cardError, invalid, missing, unexpectedState} from './refusal.ts'

export function createIntent(books: Books, form: Form): Stripe.PaymentIntent {
  form.allow(
    'allowed_payment_method_types',
    'amount',
    'capture_method',
    'confirm',
    'currency',
    'customer',
    'expand',
    'metadata',
    'payment_method',
    'return_url',
  )
  const currency = form.required('currency')
  const amount = form.integer('amount') ?? 0
  checkAmount(amount, currency)
  const customer = customerOf(books, form.required('customer')).id
  const capture_method = form.text('capture_method') ?? 'automatic_async'
  const methodId = form.text('payment_method')
  if (methodId !== undefined) checkOwner(books, methodId, customer)

  const intent = newIntent({amount, currency, customer, capture_method, metadata: form.fields('metadata')})
  books.intents.set(intent.id, intent)
  record(books, 'payment_intent.created', intent)
  if (methodId !== undefined) {
    intent.payment_method = methodId
    intent.status = 'requires_confirmation'
  }
  if (form.text('confirm') === 'true') confirm(books, intent, form.text('return_url'))
  return expanded(books, intent, form.list('expand'), 'latest_charge')
}

export function confirmIntent(books: Books, form: Form, id: string): Stripe.PaymentIntent {
  form.allow('expand', 'payment_method', 'return_url')
  const intent = intentOf(books, id)
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(intent, 'confirmed')
  }
  const methodId = form.text('payment_method')
  if (methodId !== undefined) {
    checkOwner(books, methodId, intent.customer as string)
    intent.payment_method = methodId
  }
  confirm(books, intent, form.text('return_url'))
  return expanded(books, intent, form.list('expand'), 'latest_charge')
}

export function retrieveIntent(books: Books, form: Form, id: string): Stripe.PaymentIntent {
  form.allow('expand')
  return expanded(books, intentOf(books, id), form.list('expand'), 'latest_charge')
}

export function captureIntent(books: Books, form: Form, id: string): Stripe.PaymentIntent {
  form.allow('amount_to_capture', 'expand')
  const intent = intentOf(books, id)
  if (intent.status !== 'requires_capture') throw unexpectedState(intent, 'captured')
  const amount = form.integer('amount_to_capture') ?? intent.amount_capturable
  if (amount > intent.amount_capturable) {
    throw invalid('The amount to capture is greater than the amount capturable.', {code: 'amount_too_large'})
  }
  const authorization = books.charges.get(intent.latest_charge as string)
  if (!authorization) throw new Error(`${id} has no charge`)
  authorization.captured = true
  authorization.amount_captured = amount
  intent.status = 'succeeded'
  intent.amount_received = amount
  intent.amount_capturable = 0
  record(books, 'payment_intent.succeeded', intent)
  return expanded(books, intent, form.list('expand'), 'latest_charge')
}

export function cancelIntent(books: Books, form: Form, id: string): Stripe.PaymentIntent {
  form.allow('expand')
  const intent = intentOf(books, id)
  if (['canceled', 'processing', 'succeeded'].includes(intent.status)) throw unexpectedState(intent, 'canceled')
  intent.status = 'canceled'
  intent.canceled_at = now()
  intent.amount_capturable = 0
  intent.next_action = null
  intent.last_payment_error = null // "cleared if the PaymentIntent is later updated for any reason", says the reference
  record(books, 'payment_intent.canceled', intent)
  return expanded(books, intent, form.list('expand'), 'latest_charge')
}

export function listIntents(books: Books, form: Form): Stripe.ApiList<Stripe.PaymentIntent> {
  form.allow('created', 'customer', 'expand', 'limit', 'starting_after')
  const since = Number(form.fields('created').gte ?? 0)
  const customer = form.text('customer')
  const found = [...books.intents.values()]
    .reverse()
    .filter((intent) => intent.created >= since && (customer === undefined || intent.customer === customer))
  const {data, has_more} = pageOf(found, form)
  return {
    object: 'list',
    data: data.map((intent) => expanded(books, intent, form.list('expand'), 'data.latest_charge')),
    has_more,
    url: '/v1/payment_intents',
  }
}

/** What the user did at the card issuer's page. No other confirmation is needed. */
export function authenticateIntent(books: Books, intent: Stripe.PaymentIntent, succeeds: boolean): void {
  intent.next_action = null
  if (succeeds) {
    charge(books, intent)
    return
  }
  fail(books, intent, {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message: 'The provided PaymentMethod has failed authentication.',
  })
}

/** The end of a payment that was processing. */
export function finishProcessing(books: Books, id: string, succeeds: boolean): void {
  const intent = intentOf(books, id)
  if (intent.status !== 'processing') throw new Error(`${id} is not processing: ${intent.status}`)
  if (succeeds) succeed(books, intent)
  else decline(books, intent, 'generic_decline')
}

export function intentOf(books: Books, id: string): Stripe.PaymentIntent {
  const intent = books.intents.get(id)
  if (!intent) throw missing('payment_intent', id, 'intent')
  return intent
}

/** Throws the error of a declined card, as the API does; the payment then waits for another card. */
function confirm(books: Books, intent: Stripe.PaymentIntent, returnUrl: string | undefined): void {
  if (books.cards.get(intent.payment_method as string)?.isAuthenticated !== true) {
    const code = charge(books, intent)
    if (code !== undefined) throw cardError(intent, code)
    return
  }
  intent.status = 'requires_action'
  intent.next_action = nextAction(books, intent.id, returnUrl)
  record(books, 'payment_intent.requires_action', intent)
}

/** Returns the code of a declined card. */
function charge(books: Books, intent: Stripe.PaymentIntent): string | undefined {
  const behaviour = books.cards.get(intent.payment_method as string)?.behaviour
  switch (behaviour) {
    case 'processing':
      intent.status = 'processing'
      addCharge(books, intent, 'pending')
      record(books, 'payment_intent.processing', intent)
      return undefined
    case 'declined':
    case 'insufficient_funds': {
      const code = behaviour === 'declined' ? 'generic_decline' : behaviour
      decline(books, intent, code)
      return code
    }
    case 'failing_refund':
    case 'ok':
    case 'pending_refund':
      succeed(books, intent)
      return undefined
    case undefined:
      throw invalid('You cannot confirm this PaymentIntent because it is missing a payment method.', {
        code: 'payment_intent_unexpected_state',
        payment_intent: intent,
      })
  }
}

function succeed(books: Books, intent: Stripe.PaymentIntent): void {
  addCharge(books, intent, 'succeeded')
  intent.last_payment_error = null
  if (intent.capture_method === 'manual') {
    intent.status = 'requires_capture'
    intent.amount_capturable = intent.amount
    record(books, 'payment_intent.amount_capturable_updated', intent)
    return
  }
  intent.status = 'succeeded'
  intent.amount_received = intent.amount
  record(books, 'payment_intent.succeeded', intent)
}

function decline(books: Books, intent: Stripe.PaymentIntent, code: string): void {
  const failed = addCharge(books, intent, 'failed')
  failed.outcome = {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: 'declined_by_network',
    reason: code,
    seller_message: null,
    type: 'issuer_declined',
  }
  fail(books, intent, {
    type: 'card_error',
    code: 'card_declined',
    decline_code: code,
    charge: failed.id,
    message: 'Your card was declined.',
  })
}

function fail(books: Books, intent: Stripe.PaymentIntent, error: Stripe.PaymentIntent.LastPaymentError): void {
  intent.last_payment_error = error
  intent.payment_method = null
  intent.status = 'requires_payment_method'
  record(books, 'payment_intent.payment_failed', intent)
}

function addCharge(books: Books, intent: Stripe.PaymentIntent, status: 'failed' | 'pending' | 'succeeded') {
  const added = newCharge(intent, status)
  books.charges.set(added.id, added)
  intent.latest_charge = added.id
  return added
}

function expanded(books: Books, intent: Stripe.PaymentIntent, paths: string[], path: string): Stripe.PaymentIntent {
  const latest = paths.includes(path) && books.charges.get(intent.latest_charge as string)
  return latest ? {...intent, latest_charge: latest} : intent
}

function checkOwner(books: Books, methodId: string, customerId: string): void {
  const owner = methodOf(books, methodId, 'payment_method', 400).customer
  if (owner !== customerId) {
    throw invalid('The payment method does not belong to the customer of the payment.', {param: 'payment_method'})
  }
}

/** The rules of https://docs.stripe.com/currencies, apart from the minimum of each currency. */
function checkAmount(amount: number, currency: string): void {
  if (currency === 'usd' && amount < 50) {
    throw invalid('Amount must be at least $0.50 usd.', {code: 'amount_too_small', param: 'amount'})
  }
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', {param: 'amount'})
  if (currency === 'usd' && amount > 99_999_999) {
    throw invalid('Amount must be no more than $999,999.99.', {code: 'amount_too_large', param: 'amount'})
  }
  const step = ['isk', 'ugx'].includes(currency) ? 100 : ['bhd', 'jod', 'kwd', 'omr', 'tnd'].includes(currency) ? 10 : 1
  if (amount % step !== 0) throw invalid(`Invalid amount in ${currency}.`, {code: 'invalid_charge_amount'})
}
