import type {Stripe} from 'stripe'

import {type Books, record} from './books.ts'
import {type Form, pageOf} from './form.ts'
import {intentOf} from './intents.ts'
import {newRefund} from './objects.ts'
import {invalid, missing} from './refusal.ts'

export function createRefund(books: Books, form: Form): Stripe.Refund {
  form.allow('amount', 'metadata', 'payment_intent')
  const intent = intentOf(books, form.required('payment_intent'))
  const charge = books.charges.get(intent.latest_charge as string)
  if (!charge?.captured) throw invalid('This PaymentIntent does not have a successful charge to refund.')
  const left = charge.amount_captured - charge.amount_refunded
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, {code: 'charge_already_refunded'})
  }
  const amount = form.integer('amount') ?? left
  if (amount > left) throw invalid('Refund amount is greater than unrefunded amount on charge.', {param: 'amount'})

  const behaviour = books.cards.get(charge.payment_method ?? '')?.behaviour
  const status = behaviour === 'pending_refund' ? 'pending' : 'succeeded'
  const refund = newRefund(charge, {amount, status, metadata: form.fields('metadata')})
  books.refunds.set(refund.id, refund)
  charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount_captured
  record(books, 'refund.created', refund)
  record(books, 'charge.refunded', charge)
  return refund
}

export function listRefunds(books: Books, form: Form): Stripe.ApiList<Stripe.Refund> {
  form.allow('limit', 'payment_intent', 'starting_after')
  const intent = form.required('payment_intent')
  const found = [...books.refunds.values()].reverse().filter(({payment_intent}) => payment_intent === intent)
  return {object: 'list', ...pageOf(found, form), url: '/v1/refunds'}
}

export function retrieveRefund(books: Books, form: Form, id: string): Stripe.Refund {
  form.allow()
  const refund = books.refunds.get(id)
  if (!refund) throw missing('refund', id)
  return refund
}

/** What the bank said days later. */
export function finishRefund(books: Books, id: string, succeeds: boolean): void {
  const refund = books.refunds.get(id)
  const charge = books.charges.get(refund?.charge as string)
  if (!refund || !charge) throw new Error(`there is no refund ${id}`)
  refund.status = succeeds ? 'succeeded' : 'failed'
  if (succeeds) {
    record(books, 'refund.updated', refund)
    return
  }
  charge.amount_refunded -= refund.amount
  charge.refunded = false
  record(books, 'refund.failed', refund)
}
