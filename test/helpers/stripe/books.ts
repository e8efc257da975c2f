import {Stripe} from 'stripe'

import {type DoubleEvent, newEvent} from './objects.ts'

/** How a stored card behaves. */
export type Behaviour =
  'action' | 'declined' | 'failing_refund' | 'insufficient_funds' | 'ok' | 'pending_refund' | 'processing'

/** What the double knows. Lists are in the order of creation. */
export type Books = {
  customers: Map<string, Stripe.Customer>
  methods: Map<string, Stripe.PaymentMethod>
  behaviours: Map<string, Behaviour>
  setups: Map<string, Stripe.SetupIntent>
  intents: Map<string, Stripe.PaymentIntent>
  charges: Map<string, Stripe.Charge>
  refunds: Map<string, Stripe.Refund>
  events: DoubleEvent[]
}

export function newBooks(): Books {
  return {
    customers: new Map(),
    methods: new Map(),
    behaviours: new Map(),
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
