import {Refusal} from './refusal.ts'

export type Answer = {status: number; body: object}

/** What the double remembers of an idempotency key: as Stripe does, also errors, and also 500s. */
export type Keys = Map<string, {request: string; answer: Answer | undefined}>

/**
 * The stored answer; undefined for a new key, which is now in use until `keep` or `forget`. Throws what Stripe answers to a
 * key that is in use, or that belongs to another request.
 */
export function take(keys: Keys, key: string, request: string): Answer | undefined {
  const known = keys.get(key)
  if (!known) {
    keys.set(key, {request, answer: undefined})
    return undefined
  }
  if (known.request !== request) {
    throw new Refusal(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with.`,
    })
  }
  if (!known.answer) {
    throw new Refusal(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: 'There is currently another in-progress request using this Stripe-Idempotency-Key.',
    })
  }
  return known.answer
}

export function keep(keys: Keys, key: string, answer: Answer): void {
  const known = keys.get(key)
  // A later change of the object must not change the answer.
  if (known) known.answer = structuredClone(answer)
}

/** For a request that did nothing, such as one with an invalid parameter. */
export function forget(keys: Keys, key: string): void {
  keys.delete(key)
}
