import type {Stripe} from 'stripe'

import {type Behaviour, type Books, record} from './books.ts'
import type {Form} from './form.ts'
import {newCustomer, newMethod, newSetup} from './objects.ts'
import {invalid, missing} from './refusal.ts'

/** Stripe's test cards by their tokens, and some of the double alone, whose names say so. */
const testCards: Readonly<Partial<Record<string, Behaviour>>> = {
  pm_card_visa: 'ok',
  pm_card_chargeCustomerFail: 'declined',
  pm_card_pendingRefund: 'pending_refund',
  pm_card_refundFail: 'failing_refund',
  pm_card_threeDSecure2Required: 'action',
  pm_double_insufficient_funds: 'insufficient_funds',
  pm_double_processing: 'processing',
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

/** As Stripe.js does when the user has typed a card. Cards that require an action are not implemented here. */
export function confirmSetup(books: Books, form: Form, id: string): Stripe.SetupIntent {
  form.allow('payment_method')
  const setup = books.setups.get(id)
  if (!setup) throw missing('setupintent', id, 'intent')
  if (setup.status !== 'requires_payment_method') {
    throw invalid('You cannot confirm this SetupIntent.', {code: 'setup_intent_unexpected_state', setup_intent: setup})
  }
  const method = attach(books, form.required('payment_method'), setup.customer as string)
  setup.payment_method = method.id
  setup.status = 'succeeded'
  record(books, 'setup_intent.succeeded', setup)
  return setup
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
  return attach(books, id, customerOf(books, form.required('customer')).id)
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
function attach(books: Books, token: string, customerId: string): Stripe.PaymentMethod {
  const behaviour = testCards[token]
  if (!behaviour) throw missing('PaymentMethod', token, 'payment_method', 400)
  const method = newMethod()
  method.customer = customerId
  books.methods.set(method.id, method)
  books.behaviours.set(method.id, behaviour)
  return method
}
