import {Stripe} from 'stripe'

import {type DoubleEvent, newEvent} from './objects.ts'

/** How a stored card behaves. */
export type Behaviour = 'declined' | 'failing_refund' | 'insufficient_funds' | 'ok' | 'pending_refund' | 'processing'

/** Whether the user must confirm each use of the card at its issuer, and what becomes of payments then. */
export type Card = {behaviour: Behaviour; isAuthenticated: boolean}

/** What the double knows. Lists are in the order of creation. */
export type Books = {
  /** Where it shows the pages of card issuers, without a slash. */
  origin: string
  customers: Map<string, Stripe.Customer>
  methods: Map<string, Stripe.PaymentMethod>
  /** By the ids of their methods. */
  cards: Map<string, Card>
  setups: Map<string, Stripe.SetupIntent>
  intents: Map<string, Stripe.PaymentIntent>
  charges: Map<string, Stripe.Charge>
  refunds: Map<string, Stripe.Refund>
  events: DoubleEvent[]
}

export function newBooks(): Books {
  return {
    origin: 'http://double.invalid',
    customers: new Map(),
    methods: new Map(),
    cards: new Map(),
    setups: new Map(),
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    events: [],
  }
}

type About<T extends DoubleEvent['type']> = Extract<DoubleEvent, {type: T}>['data']['object']

/** Writes an event with the object as it is now. */
export function record<T extends DoubleEvent['type']>(books: Books, type: T, object: About<T>): void {
  // The compiler cannot relate a type parameter to a member of a union; `About` has checked the pair.
  const event = {...newEvent(Stripe.API_VERSION), type, data: {object: structuredClone(object)}} as DoubleEvent
  books.events.push(event)
}
