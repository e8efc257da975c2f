import type {Stripe} from 'stripe'
import {InvalidSignatureError, type ProviderEvent} from '../gateway.ts'

type Headers = Record<string, string | string[] | undefined>

/** There are several secrets while one is replaced by another. The tolerance is in seconds. */
export type Verification = {webhooks: Stripe.Webhooks; secrets: readonly string[]; tolerance: number}

export function readEvent(verification: Verification, rawBody: Buffer, headers: Headers): ProviderEvent {
  const signature = headers['stripe-signature']
  if (typeof signature !== 'string') throw new InvalidSignatureError('The Stripe-Signature header is missing.')
  for (const secret of verification.secrets) {
    const event = verify(verification, secret, rawBody, signature)
    if (isEvent(event)) return {id: event.id, type: event.type, paymentId: paymentOf(event.data.object)}
  }
  throw new InvalidSignatureError('The webhook is too old, or its signature does not match any webhook secret.')
}

function verify({webhooks, tolerance}: Verification, secret: string, body: Buffer, signature: string): unknown {
  try {
    return webhooks.constructEvent(body, signature, secret, tolerance)
  } catch {
    // Another secret may match. The library's errors carry the body.
    return undefined
  }
}

type Event = {id: string; type: string; data: {object: Record<string, unknown>}}

function isEvent(event: unknown): event is Event {
  const {id, type, data} = (event ?? {}) as {id?: unknown; type?: unknown; data?: {object?: unknown} | null}
  return typeof id === 'string' && typeof type === 'string' && typeof data?.object === 'object' && data.object !== null
}

/** Charges, refunds and disputes name their PaymentIntent. */
function paymentOf(object: Record<string, unknown>): string | null {
  const id = object.object === 'payment_intent' ? object.id : object.payment_intent
  return typeof id === 'string' ? id : null
}
