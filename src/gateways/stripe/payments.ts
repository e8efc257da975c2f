import type {Stripe} from 'stripe'
import type {PaymentState, ProviderPayment, ProviderRefund} from '../gateway.ts'
import {fromStripe} from './amounts.ts'
import {codeOf} from './errors.ts'

/** The key of our reference in the metadata of a PaymentIntent. */
export const referenceKey = 'shop_payment'

/** That of our idempotency key in the metadata of a refund. */
export const refundKey = 'shop_refund'

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
    refunded: fromStripe(chargeOf(intent)?.amount_refunded ?? 0, currency),
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

function chargeOf({id, latest_charge: charge}: Stripe.PaymentIntent): Stripe.Charge | null {
  if (typeof charge === 'string') throw new TypeError(`The charge of ${id} is not expanded.`)
  return charge
}

function toState(intent: Stripe.PaymentIntent): PaymentState {
  switch (intent.status) {
    case 'succeeded':
      return {kind: 'captured'}
    case 'requires_capture':
      return {kind: 'authorized'}
    case 'canceled':
      return declineOf(intent) ?? {kind: 'cancelled'}
    case 'requires_payment_method':
      return declineOf(intent) ?? {kind: 'declined', code: intent.status}
    case 'requires_action':
      return {kind: 'requires_action', nextAction: toNextAction(intent)}
    default: // processing, requires_confirmation, and what later versions of the API may add
      return {kind: 'processing'}
  }
}

/** Stripe may clear the error when the payment changes again. The failed charge stays, if there was one. */
function declineOf(intent: Stripe.PaymentIntent): PaymentState | undefined {
  if (intent.last_payment_error) return {kind: 'declined', code: codeOf(intent.last_payment_error)}
  const charge = chargeOf(intent)
  if (charge?.status !== 'failed') return undefined
  return {kind: 'declined', code: codeOf({decline_code: charge.outcome?.reason ?? '', code: charge.failure_code ?? ''})}
}

function toNextAction(intent: Stripe.PaymentIntent): Extract<PaymentState, {kind: 'requires_action'}>['nextAction'] {
  const url = intent.next_action?.redirect_to_url?.url
  if (url) return {type: 'redirect', url}
  if (intent.client_secret === null) throw new TypeError(`${intent.id} requires an action, and has no client secret.`)
  return {type: 'client_secret', clientSecret: intent.client_secret}
}
