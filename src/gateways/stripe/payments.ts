import type {Stripe} from 'stripe'
import type {PaymentState, ProviderPayment, ProviderRefund} from '../gateway.ts'
import {fromStripe} from './amounts.ts'
import {codeOf} from './errors.ts'

/** The key of our reference in the metadata of a PaymentIntent. */
export const referenceKey = 'shop_payment'

/** The charge says how much was refunded. */
export const withCharge = {expand: ['latest_charge']}

export function toPayment(intent: Stripe.PaymentIntent): ProviderPayment {
  const currency = intent.currency.toUpperCase()
  return {
    id: intent.id,
    reference: referenceOf(intent),
    customerId: idOf(intent.customer),
    money: {amount: fromStripe(intent.amount, currency), currency},
    captured: fromStripe(intent.amount_received, currency),
    refunded: fromStripe(refundedOf(intent), currency),
    state: toState(intent),
    createdAt: new Date(intent.created * 1000).toISOString(),
  }
}

export function toRefund(refund: Stripe.Refund): ProviderRefund {
  const state = refund.status === 'succeeded' ? 'succeeded' : isFailed(refund) ? 'failed' : 'pending'
  return {id: refund.id, amount: fromStripe(refund.amount, refund.currency.toUpperCase()), state}
}

export function referenceOf(intent: Stripe.PaymentIntent): string | null {
  return intent.metadata[referenceKey] ?? null
}

export function idOf(object: string | {id: string} | null): string | null {
  return typeof object === 'string' ? object : (object?.id ?? null)
}

function isFailed(refund: Stripe.Refund): boolean {
  return refund.status === 'failed' || refund.status === 'canceled'
}

function refundedOf({id, latest_charge: charge}: Stripe.PaymentIntent): number {
  if (typeof charge === 'string') throw new TypeError(`The charge of ${id} is not expanded.`)
  return charge?.amount_refunded ?? 0
}

function toState(intent: Stripe.PaymentIntent): PaymentState {
  switch (intent.status) {
    case 'succeeded':
      return {kind: 'captured'}
    case 'requires_capture':
      return {kind: 'authorized'}
    case 'canceled':
      return intent.last_payment_error ? declined(intent.last_payment_error) : {kind: 'cancelled'}
    case 'requires_payment_method':
      return declined(intent.last_payment_error ?? {code: intent.status})
    case 'requires_action':
      return {kind: 'requires_action', nextAction: toNextAction(intent)}
    default: // processing, requires_confirmation, and what later versions of the API may add
      return {kind: 'processing'}
  }
}

function declined(error: {code?: string; decline_code?: string}): PaymentState {
  return {kind: 'declined', code: codeOf(error)}
}

function toNextAction(intent: Stripe.PaymentIntent): Extract<PaymentState, {kind: 'requires_action'}>['nextAction'] {
  const url = intent.next_action?.redirect_to_url?.url
  if (url) return {type: 'redirect', url}
  if (intent.client_secret === null) throw new TypeError(`${intent.id} requires an action, and has no client secret.`)
  return {type: 'client_secret', clientSecret: intent.client_secret}
}
