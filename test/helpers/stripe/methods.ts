import type {Stripe} from 'stripe'

import {nextAction} from './authentication.ts'
import {type Books, type Card, record} from './books.ts'
import type {Form} from './form.ts'
import {newCustomer, newMethod, newSetup} from './objects.ts'
import {invalid, missing} from './refusal.ts'

const usual = {behaviour: 'ok', isAuthenticated: false} as const

/**
 * Stripe's test cards by their tokens, and some of the double alone, whose names say so. What Stripe says of cards that require
 * authentication is the same for setups and for payments of a user who is there, which all payments of the shop are.
 */
const testCards: Readonly<Partial<Record<string, Card>>> = {
  pm_card_visa: usual,
  pm_card_chargeCustomerFail: {...usual, behaviour: 'declined'},
  pm_card_pendingRefund: {...usual, behaviour: 'pending_refund'},
  pm_card_refundFail: {...usual, behaviour: 'failing_refund'},
  pm_card_threeDSecure2Required: {...usual, isAuthenticated: true},
  pm_card_authenticationRequired: {...usual, isAuthenticated: true},
  pm_card_authenticationRequiredOnSetup: {...usual, isAuthenticated: true},
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: {
    behaviour: 'insufficient_funds',
    isAuthenticated: true,
  },
  pm_double_insufficient_funds: {...usual, behaviour: 'insufficient_funds'},
  pm_double_processing: {...usual, behaviour: 'processing'},
}

export function createCustomer(books: Books, form: Form): Stripe.Customer {
  form.allow('metadata')
  const customer = newCustomer(form.fields('metadata'))
  books.customers.set(customer.id, customer)
  return customer
}

export function createSetup(books: Books, form: Form): Stripe.SetupIntent {
  form.allow('customer', 'allowed_payment_method_types', 'usage')
  const setup = newSetup(customerOf(books, form.required('customer')).id, form.text('usage') ?? 'off_session')
  books.setups.set(setup.id, setup)
  return setup
}

/** As Stripe.js does when the user has typed a card. */
export function confirmSetup(books: Books, form: Form, id: string): Stripe.SetupIntent {
  form.allow('payment_method', 'return_url')
  const setup = books.setups.get(id)
  if (!setup) throw missing('setupintent', id, 'intent')
  if (setup.status !== 'requires_payment_method') {
    throw invalid('You cannot confirm this SetupIntent.', {code: 'setup_intent_unexpected_state', setup_intent: setup})
  }
  const method = addMethod(books, form.required('payment_method'))
  setup.payment_method = method.id
  if (books.cards.get(method.id)?.isAuthenticated === true) {
    setup.status = 'requires_action'
    setup.next_action = nextAction(books, id, form.text('return_url'))
    record(books, 'setup_intent.requires_action', setup)
  } else {
    finishSetup(books, setup)
  }
  return setup
}

/** The method becomes the customer's. */
function finishSetup(books: Books, setup: Stripe.SetupIntent): void {
  methodOf(books, setup.payment_method as string, 'payment_method', 400).customer = setup.customer as string
  setup.status = 'succeeded'
  setup.last_setup_error = null
  record(books, 'setup_intent.succeeded', setup)
}

/** What the user did at the card issuer's page. */
export function authenticateSetup(books: Books, setup: Stripe.SetupIntent, succeeds: boolean): void {
  setup.next_action = null
  if (succeeds) {
    finishSetup(books, setup)
    return
  }
  setup.payment_method = null
  setup.status = 'requires_payment_method'
  setup.last_setup_error = {
    type: 'invalid_request_error',
    code: 'setup_intent_authentication_failure',
    message: 'The latest attempt to set up the payment method has failed because authentication failed.',
  }
  record(books, 'setup_intent.setup_failed', setup)
}

export function retrieveSetup(books: Books, form: Form, id: string): Stripe.SetupIntent {
  form.allow('expand')
  const setup = books.setups.get(id)
  if (!setup) throw missing('setupintent', id, 'intent')
  const method = form.list('expand').includes('payment_method') && books.methods.get(setup.payment_method as string)
  return method ? {...setup, payment_method: method} : setup
}

export function retrieveMethod(books: Books, form: Form, id: string): Stripe.PaymentMethod {
  form.allow()
  return methodOf(books, id, 'payment_method', 404)
}

export function attachMethod(books: Books, form: Form, id: string): Stripe.PaymentMethod {
  form.allow('customer')
  const customer = customerOf(books, form.required('customer')).id
  const method = addMethod(books, id)
  method.customer = customer
  return method
}

export function detachMethod(books: Books, form: Form, id: string): Stripe.PaymentMethod {
  form.allow()
  const method = methodOf(books, id, 'payment_method', 404)
  if (method.customer === null) {
    throw invalid('The payment method you provided is not attached to a customer so detachment is impossible.')
  }
  method.customer = null
  return method
}

export function customerOf(books: Books, id: string): Stripe.Customer {
  const customer = books.customers.get(id)
  if (!customer) throw missing('customer', id, 'customer', 400)
  return customer
}

export function methodOf(books: Books, id: string, param: string, status: number): Stripe.PaymentMethod {
  const method = books.methods.get(id)
  if (!method) throw missing('PaymentMethod', id, param, status)
  return method
}

/** Each use of a test card's token makes a payment method of its own. */
function addMethod(books: Books, token: string): Stripe.PaymentMethod {
  const card = testCards[token]
  if (!card) throw missing('PaymentMethod', token, 'payment_method', 400)
  const method = newMethod()
  books.methods.set(method.id, method)
  books.cards.set(method.id, card)
  return method
}
