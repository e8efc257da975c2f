import type {Stripe} from 'stripe'

import type {Books} from './books.ts'
import {authenticateIntent} from './intents.ts'
import {authenticateSetup} from './methods.ts'

type Intent = Stripe.PaymentIntent | Stripe.SetupIntent

/** What the user did at the card issuer's page, or in what Stripe's client library showed. */
export function authenticate(books: Books, id: string, succeeds: boolean): void {
  const intent = intentOf(books, id)
  if (intent?.status !== 'requires_action') throw new Error(`${id} requires no action: ${intent?.status}`)
  finish(books, intent, succeeds)
}

/**
 * What a browser that posts the form of the issuer's page is answered: the `return_url`, with the parameters that Stripe adds.
 * Undefined if there is nothing to confirm, or not any more.
 */
export function postToIssuer(books: Books, id: string, succeeds: boolean): string | undefined {
  const intent = intentOf(books, id)
  const returnUrl = intent?.next_action?.redirect_to_url?.return_url
  if (!intent || returnUrl == null) return undefined
  finish(books, intent, succeeds)
  const back = new URL(returnUrl)
  back.searchParams.set(intent.object, id)
  back.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? '')
  back.searchParams.set('redirect_status', redirectStatuses[intent.status] ?? 'succeeded')
  return back.href
}

const redirectStatuses: Readonly<Partial<Record<string, string>>> = {
  processing: 'pending',
  requires_payment_method: 'failed',
}

function intentOf(books: Books, id: string): Intent | undefined {
  return books.intents.get(id) ?? books.setups.get(id)
}

function finish(books: Books, intent: Intent, succeeds: boolean): void {
  if (intent.object === 'setup_intent') authenticateSetup(books, intent, succeeds)
  else authenticateIntent(books, intent, succeeds)
}
