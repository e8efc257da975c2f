import type {Currency} from '../money.ts'

/** In minor units of the currency, as ISO 4217 has them. A gateway converts to what its provider counts in. */
export type Money = {amount: number; currency: Currency}

/** Why a provider cannot charge an amount. */
export type Obstacle =
  | {kind: 'currency'}
  /** `least` is in minor units. */
  | {kind: 'too_small'; least: number}
  | {kind: 'too_large'; most: number}
  /** The provider counts in larger steps: the amount must be a multiple of `step`. */
  | {kind: 'inexact'; step: number}

/** What the provider's client library needs to collect a payment method from the user, without the shop seeing it. */
export type Setup = {id: string; clientSecret: string}

/** A method that a user may be charged with. The shop keeps no more of it than this. */
export type StoredMethod = {
  id: string
  customerId: string
  /** Such as `visa`; `unknown` if the provider does not say. */
  brand: string
  last4: string | null
  expiry: {month: number; year: number} | null
}

/** What the user must do before the payment goes on. */
export type NextAction = {type: 'redirect'; url: string} | {type: 'client_secret'; clientSecret: string}

export type PaymentState =
  | {kind: 'authorized'}
  | {kind: 'cancelled'}
  | {kind: 'captured'}
  /** `code` is the provider's, such as `insufficient_funds`. No money moved, and none will. */
  | {kind: 'declined'; code: string}
  | {kind: 'processing'}
  | {kind: 'requires_action'; nextAction: NextAction}

/** A payment as the provider has it. */
export type ProviderPayment = {
  id: string
  /** Our id of the payment; null if somebody else made it. */
  reference: string | null
  customerId: string | null
  /** What was asked for. */
  money: Money
  /** In minor units. */
  captured: number
  refunded: number
  state: PaymentState
  /** RFC 3339. */
  createdAt: string
}

export type ProviderRefund = {
  id: string
  amount: number
  state: 'failed' | 'pending' | 'succeeded'
}

export type PaymentOrder = {
  /** Our id of the payment, which the provider keeps with it. */
  reference: string
  customerId: string
  /** When the shop wrote it, by the shop's clock. RFC 3339. */
  createdAt: string
  methodId: string
  money: Money
  /** Where the provider sends the user after an action. */
  returnUrl: string | undefined
  /** Whether to charge at once, or to reserve the money until `capture`. */
  capture: 'automatic' | 'manual'
}

export type SoughtPayment = Pick<PaymentOrder, 'createdAt' | 'customerId' | 'reference'>

/** A hint that something of a payment changed. What it is now, `read` tells. */
export type ProviderEvent = {
  /** Unique for the provider. */
  id: string
  type: string
  /** The provider's id of the payment that it concerns; null if it concerns none. */
  paymentId: string | null
}

/**
 * A payment provider. Calls that change something take an idempotency key: a call that is repeated with its key happens
 * once, and returns what it made as it is now. With any other parameter, it is refused. If the first answer was a failure of
 * the provider, a repeat may fail for as long as the provider remembers the key, whether or not the call happened: only
 * `find` and `read` tell. They throw RefusedError, UnknownOutcomeError or ProviderBusyError, and nothing else, and end when
 * the signal aborts: with UnknownOutcomeError, or ProviderBusyError if nothing had been sent.
 */
export type Gateway = {
  readonly name: string
  /**
   * Types of events that tell how a payment came to be captured, and nothing of what follows. They are no news of a payment
   * that the provider has said is captured.
   */
  readonly eventsUpToCapture: ReadonlySet<string>
  /** Why the provider cannot charge the amount; undefined if it can. Asks nobody. */
  obstacleTo: (money: Money) => Obstacle | undefined
  /** Returns the provider's id. */
  createCustomer: (customer: {userId: number; key: string}, signal: AbortSignal) => Promise<string>
  setUp: (setup: {customerId: string; key: string}, signal: AbortSignal) => Promise<Setup>
  /** The method that a setup stored; undefined if the user has not finished it. Throws RefusedError for an unknown setup. */
  readMethod: (setupId: string, signal: AbortSignal) => Promise<StoredMethod | undefined>
  /** Succeeds if the method is gone already. */
  detach: (methodId: string, signal: AbortSignal) => Promise<void>
  pay: (order: PaymentOrder & {key: string}, signal: AbortSignal) => Promise<ProviderPayment>
  read: (paymentId: string, signal: AbortSignal) => Promise<ProviderPayment>
  /** A payment by our reference, among those of a customer since the shop wrote it. */
  find: (payment: SoughtPayment, signal: AbortSignal) => Promise<ProviderPayment | undefined>
  /** Returns the payment as it is then: it may have been captured or cancelled before. */
  capture: (payment: {paymentId: string; money: Money; key: string}, signal: AbortSignal) => Promise<ProviderPayment>
  /** Returns the payment as it is then: it may have been captured before. */
  cancel: (payment: {paymentId: string; key: string}, signal: AbortSignal) => Promise<ProviderPayment>
  /** The currency of the money is that of the payment. The provider keeps the key with the refund. */
  refund: (refund: {paymentId: string; money: Money; key: string}, signal: AbortSignal) => Promise<ProviderRefund>
  readRefund: (refundId: string, signal: AbortSignal) => Promise<ProviderRefund>
  /** The refund of a payment that was made with a key, however long ago. */
  findRefund: (refund: {paymentId: string; key: string}, signal: AbortSignal) => Promise<ProviderRefund | undefined>
  /** All payments since a time (RFC 3339), the latest first. */
  list: (since: string, signal: AbortSignal) => AsyncIterable<ProviderPayment>
  /** Verifies a webhook on its raw bytes. Throws InvalidSignatureError. */
  event: (rawBody: Buffer, headers: Record<string, string | string[] | undefined>) => ProviderEvent
}

/** The provider refused: the call did nothing, and would be refused again. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  /** The provider's code, such as `resource_missing`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** There was no usable answer: the call may have happened. */
export class UnknownOutcomeError extends Error {
  override name = 'UnknownOutcomeError'
}

/**
 * This call did nothing, and the same call with the same key may succeed later. It says nothing about earlier calls with
 * the key: one of them may have happened, or may be under way.
 */
export class ProviderBusyError extends Error {
  override name = 'ProviderBusyError'
}

/** A webhook that the provider did not send, or not lately. */
export class InvalidSignatureError extends Error {
  override name = 'InvalidSignatureError'
}

/** Whether a call to a provider failed as it may, and not by a bug. */
export function isGatewayError(error: unknown): error is ProviderBusyError | RefusedError | UnknownOutcomeError {
  return error instanceof RefusedError || error instanceof UnknownOutcomeError || error instanceof ProviderBusyError
}
