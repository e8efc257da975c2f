import type {Money, Obstacle} from '../gateways/gateway.ts'
import {type Currency, formatAmount} from '../money.ts'
import {ShopError} from './shop-error.ts'

/** An order must be paid, and its buyer named no payment method. */
export class PaymentRequiredError extends ShopError {
  readonly code = 'payment_required'
  constructor() {
    super('The order must be paid. Name a payment method. Nothing was ordered.')
  }
}

/** The payment provider cannot charge the total of the order. */
export class UnpayableError extends ShopError {
  readonly code = 'unpayable'
  constructor({amount, currency}: Money, obstacle: Obstacle) {
    super(
      `${formatAmount(amount, currency)} ${currency} cannot be paid: ${textOf(obstacle, currency)} Nothing was ordered.`,
    )
  }
}

function textOf(obstacle: Obstacle, currency: Currency): string {
  const money = (amount: number): string => `${formatAmount(amount, currency)} ${currency}`
  if (obstacle.kind === 'currency') return 'the payment provider does not support the currency.'
  if (obstacle.kind === 'too_small') return `the least that can be paid is ${money(obstacle.least)}.`
  if (obstacle.kind === 'too_large') return `the most that can be paid is ${money(obstacle.most)}.`
  return `the total must be a multiple of ${money(obstacle.step)}.`
}

/** No payment method has this id, or it belongs to another user. The caller must not learn which. */
export class UnknownPaymentMethodError extends ShopError {
  readonly code = 'unknown_payment_method'
  constructor(method: number | 'default') {
    super(method === 'default' ? 'There is no default payment method.' : `There is no payment method ${method}.`)
  }
}

/** No setup of a payment method has this id, it belongs to another user, or its method was removed. */
export class UnknownPaymentSetupError extends ShopError {
  readonly code = 'unknown_payment_setup'
  constructor(options?: ErrorOptions) {
    super('There is no such setup of a payment method.', options)
  }
}

/** The user has not given the payment method to the provider yet. */
export class PaymentSetupIncompleteError extends ShopError {
  readonly code = 'payment_setup_incomplete'
  constructor() {
    super('The setup of the payment method is not finished.')
  }
}

/** A user has as many payment methods as one may have. */
export class PaymentMethodLimitError extends ShopError {
  readonly code = 'payment_method_limit'
  constructor(most: number) {
    super(`A user may have at most ${most} payment methods. Remove one first.`)
  }
}

/** An order has no payment: nothing had to be paid, or it was not paid through the shop. */
export class UnknownPaymentError extends ShopError {
  readonly code = 'unknown_payment'
  constructor(orderId: number) {
    super(`Order ${orderId} has no payment.`)
  }
}

/** The provider declined the payment. Nothing was ordered. */
export class PaymentDeclinedError extends ShopError {
  readonly code = 'payment_declined'
  /** The provider's code, such as `insufficient_funds`. */
  readonly declineCode: string
  constructor(declineCode: string) {
    super('The payment was declined. Nothing was ordered.')
    this.declineCode = declineCode
  }
}

/** The provider has not decided about a payment, so its order cannot be cancelled yet. */
export class PaymentPendingError extends ShopError {
  readonly code = 'payment_pending'
  /** `isReserved`: whether the provider has reserved money, and charged none. */
  constructor(orderId: number, state: string, {isReserved = false} = {}) {
    // Of a mismatch, the buyer cannot do anything, and no answer of the provider is awaited.
    const isMismatch = state === 'mismatch'
    const whenFree = `can be cancelled when its money has been ${isReserved ? 'freed' : 'given back'}.`
    const howToFree = `${isReserved ? 'Cancel (void)' : 'Refund'} it at the payment provider first. See docs/payments.md.`
    super(
      `The payment of order ${orderId} is not settled (${state}). The order ` +
        (isMismatch ? whenFree : 'is cancelled as soon as the payment provider has answered.'),
      {hint: isMismatch ? howToFree : undefined},
    )
  }
}

/** The provider has been out of reach, or does not answer. */
export class PaymentUnavailableError extends ShopError {
  readonly code = 'payment_unavailable'
  constructor(options?: ErrorOptions) {
    super('The payment provider cannot be reached. Nothing was ordered or stored. Try again in a moment.', options)
  }
}

/** The user asks the provider too often. */
export class PaymentLimitError extends ShopError {
  readonly code = 'payment_limit'
  /** After how many seconds the same request may succeed. */
  readonly retryAfterSeconds: number
  constructor(callsPerMinute: number, retryAfterSeconds: number) {
    super(`A user may ask the payment provider ${callsPerMinute} times in a minute.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The state of an order's payment does not allow what was asked. */
export class PaymentStateError extends ShopError {
  readonly code = 'payment_state'
  constructor(orderId: number, state: string, wanted: 'captured' | 'refunded') {
    super(
      state === 'none'
        ? `Order ${orderId} has no payment that could be ${wanted}.`
        : `The payment of order ${orderId} is ${state}. It cannot be ${wanted}.`,
      {
        hint:
          wanted === 'refunded' && state === 'authorized'
            ? `To free what is reserved, run: shop cancel-order ${orderId}`
            : `To see it, run: shop show-order ${orderId}`,
      },
    )
  }
}

/** More than what is left of a payment. */
export class RefundTooLargeError extends ShopError {
  readonly code = 'refund_too_large'
  constructor({orderId, amount, left, currency}: {orderId: number; amount: number; left: number; currency: Currency}) {
    const money = (minor: number): string => `${formatAmount(minor, currency)} ${currency}`
    super(
      left === 0
        ? `Nothing is left to refund of order ${orderId}.`
        : `Order ${orderId} can be refunded ${money(left)} at most, not ${money(amount)}.`,
    )
  }
}

/** As much of an order was refunded a short while ago, or is being refunded: the command may have been repeated. */
export class DuplicateRefundError extends ShopError {
  readonly code = 'duplicate_refund'
  readonly refund: {id: number; state: string; createdAt: string}
  constructor(
    {orderId, amount, currency}: Money & {orderId: number},
    refund: {id: number; state: string; createdAt: string},
  ) {
    super(
      `A refund of ${formatAmount(amount, currency)} ${currency} of order ${orderId} was requested at ` +
        `${refund.createdAt.slice(0, 19)}Z (refund ${refund.id}, ${refund.state}). Nothing more was refunded.`,
      {hint: 'If this is meant to be another refund, pass --idempotency-key with a new key.'},
    )
    this.refund = refund
  }
}

/** A command needs a payment provider, and the settings name none, or another one. */
export class NoPaymentProviderError extends ShopError {
  readonly code = 'no_payment_provider'
  constructor(wanted?: string) {
    super(
      wanted === undefined
        ? 'The settings name no payment provider.'
        : `The payment provider must be "${wanted}", and the settings name another one.`,
      {hint: 'Set SHOP_PAYMENT and SHOP_PAYMENT_PROVIDER as for the servers. See docs/payments.md.'},
    )
  }
}

/** The payment provider refused what an operator asked of it, or did not answer. */
export class ProviderFailedError extends ShopError {
  readonly code = 'provider_failed'
}
