import type {Stripe} from 'stripe'

type ErrorBody = Omit<Stripe.StripeRawError, 'type'> & {type: Stripe.RawErrorType}

/** An error response in Stripe's shape. */
export class Refusal extends Error {
  readonly status: number
  readonly body: {error: ErrorBody}

  constructor(status: number, error: ErrorBody) {
    super(error.message)
    this.status = status
    this.body = {error}
  }
}

export function invalid(message: string, details: Partial<ErrorBody> = {}): Refusal {
  return new Refusal(400, {type: 'invalid_request_error', message, ...details})
}

export function missing(kind: string, id: string, param = 'id', status = 404): Refusal {
  return new Refusal(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  })
}

export function cardError(intent: Stripe.PaymentIntent, declineCode: string): Refusal {
  return new Refusal(402, {
    type: 'card_error',
    code: 'card_declined',
    decline_code: declineCode,
    message: 'Your card was declined.',
    payment_intent: intent,
  })
}

export function unexpectedState(intent: Stripe.PaymentIntent, action: string): Refusal {
  return invalid(`This PaymentIntent could not be ${action} because it has a status of ${intent.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: intent,
  })
}
