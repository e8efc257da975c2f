import type {Stripe} from 'stripe'
import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../gateway.ts'
import type {Trace} from './http-client.ts'

/**
 * The library's error, or a bug of ours, as an error of the gateway. Stripe's own message is left out, because it may
 * quote what was sent, and so is the error itself: it carries the payment with its client secret.
 */
export function translate(error: unknown, task: string, trace: Trace): Error {
  if (error instanceof RefusedError) return error
  if (!isStripeError(error)) {
    return new UnknownOutcomeError(`Stripe was asked to ${task}, and its response could not be read.`, {cause: error})
  }
  const {statusCode = 0} = error
  if (statusCode === 0) return withoutResponse(error, task, trace)

  const reason = describe(error)
  const busy = isBusy(error)
  if (busy && !trace.changed) return new ProviderBusyError(`Stripe could not ${task} now: ${reason}.`)
  if (busy || mayHaveHappened(error)) {
    return new UnknownOutcomeError(`Stripe was asked to ${task}, and it is unknown whether it did: ${reason}.`)
  }
  return new RefusedError(codeOf(error), `Stripe refused to ${task}: ${reason}.`)
}

/** With a wrong or expired key, payments wait until an operator has replaced it. */
function isBusy({statusCode = 0, code = ''}: Stripe.errors.StripeError): boolean {
  return [401, 403, 409, 429].includes(statusCode) || ['lock_timeout', 'rate_limit'].includes(code)
}

function withoutResponse(error: Stripe.errors.StripeError, task: string, trace: Trace): Error {
  const code = error.detail instanceof Error && 'code' in error.detail ? ` (${word(error.detail.code)})` : ''
  return trace.sent || trace.changed
    ? new UnknownOutcomeError(`Stripe was asked to ${task}, and did not respond${code}.`)
    : new ProviderBusyError(`Stripe could not be reached to ${task}${code}.`)
}

/**
 * Whether Stripe failed on its way, or the key belongs to an earlier request with other parameters, which may have
 * happened. An error with a status below 400 is not in the API.
 */
export function mayHaveHappened({statusCode = 0, rawType}: Stripe.errors.StripeError): boolean {
  const isRefusal = statusCode >= 400 && statusCode < 500
  return statusCode > 0 && (!isRefusal || (statusCode === 400 && rawType === 'idempotency_error'))
}

/** The library is loaded on demand, so its classes cannot be imported here. All of its errors have these fields. */
export function isStripeError(error: unknown): error is Stripe.errors.StripeError {
  return error instanceof Error && 'rawType' in error && 'statusCode' in error && 'raw' in error
}

/** Such as `insufficient_funds`: the issuer's reason says more than `card_declined`. */
export function codeOf(error: {code?: string; decline_code?: string; rawType?: string}): string {
  // An error of the library has an empty decline code if there is none.
  return word([error.decline_code, error.code, error.rawType].find(Boolean))
}

function describe(error: Stripe.errors.StripeError): string {
  const details = [
    `status ${error.statusCode ?? 0}`,
    error.param && `parameter ${word(error.param)}`,
    error.requestId && `request ${word(error.requestId)}`,
  ]
  return `${codeOf(error)} (${details.filter(Boolean).join(', ')})`
}

/** Codes, parameters and ids are words. Anything else may be what a user typed. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z][\w[\].-]{0,99}$/.test(value) ? value : 'unknown'
}
