import type {Stripe} from 'stripe'

import type {Books} from './books.ts'

type NextAction = Pick<
  Stripe.PaymentIntent.NextAction & Stripe.SetupIntent.NextAction,
  'redirect_to_url' | 'type' | 'use_stripe_sdk'
>

/** The issuer's page for users who come back to the shop by a redirect; for others, Stripe's client library shows it. */
export function nextAction({origin}: Books, id: string, returnUrl: string | undefined): NextAction {
  return returnUrl === undefined
    ? {type: 'use_stripe_sdk', use_stripe_sdk: {}}
    : {type: 'redirect_to_url', redirect_to_url: {url: `${origin}/authenticate/${id}`, return_url: returnUrl}}
}
