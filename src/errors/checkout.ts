import {ShopError} from './shop-error.ts'

/** What is asked for: a change of a basket, or an order. */
export type Wanted = 'basket' | 'order'

export type Shortage = {
  productId: number
  requested: number
  available: number
}

export class OutOfStockError extends ShopError {
  readonly code = 'out_of_stock'
  readonly shortages: Shortage[]
  constructor(shortages: Shortage[], of: Wanted = 'order') {
    const result = of === 'basket' ? 'basket not changed' : 'order not created'
    super(`One or more items were out of stock in the quantities you requested - ${result}.`)
    this.shortages = shortages
  }
}

/** How many of a product one order may have. */
export type QuantityLimit = {productId: number; max: number}

export class QuantityLimitError extends ShopError {
  readonly code = 'quantity_limit'
  readonly limit: QuantityLimit
  constructor(limit: QuantityLimit) {
    super(`An order may have at most ${limit.max} of product ${limit.productId}.`, {
      hint: `To change the limit, run: shop update-product ${limit.productId} --max-per-order N`,
    })
    this.limit = limit
  }
}

/** The key already belongs to an order with other contents, to an addition to a basket, or to a refund of another amount. */
export class IdempotencyKeyReusedError extends ShopError {
  readonly code = 'idempotency_key_reused'
  constructor(of: 'order' | 'refund' | 'request' = 'order') {
    super(`This Idempotency-Key was already used for a different ${of}. Use a new key for each new ${of}.`)
  }
}

/** The client disconnected before its order, or its change of a basket, was decided. */
export class AbandonedOrderError extends ShopError {
  readonly code = 'order_abandoned'
  constructor(of: Wanted = 'order') {
    const texts = {
      basket: 'The client disconnected before its change of the basket was decided. Nothing was changed.',
      order: 'The client disconnected before its order was decided. Nothing was ordered.',
    }
    super(texts[of])
  }
}

/** The checkout queue is full. */
export class CheckoutBusyError extends ShopError {
  readonly code = 'checkout_busy'
  constructor(of: Wanted = 'order') {
    const texts = {
      basket: 'The shop is too busy to change the basket. Nothing was changed. Try again in a moment.',
      order: 'The shop is too busy to take this order. Nothing was ordered. Try again in a moment.',
    }
    super(texts[of])
  }
}

/** Another session held a lock that the order, or the change of a basket, needs for longer than the shop waits. */
export class StockLockedError extends ShopError {
  readonly code = 'stock_locked'
  constructor(of: Wanted = 'order') {
    const texts = {
      basket: 'A product of the basket is locked. Nothing was changed. Try again in a moment.',
      order: 'A product of the order is locked. Nothing was ordered. Try again in a moment.',
    }
    super(texts[of])
  }
}

/** The connection to the database broke during COMMIT, and the outcome could not be looked up in time. */
export class OutcomeUnknownError extends ShopError {
  readonly code = 'outcome_unknown'
  constructor(of: Wanted | 'cancellation' = 'order', options?: ErrorOptions) {
    const texts = {
      cancellation:
        'The shop lost its database connection while it committed the cancellation, so that the order may or may not be ' +
        'cancelled. Look the order up, or repeat the request: an order that is cancelled already is refused.',
      basket:
        'The shop lost its database connection while it committed the change of the basket, which may or may not have ' +
        'been made. Read the basket, or repeat an addition with the same Idempotency-Key.',
      order:
        'The shop lost its database connection while it committed the order, which may or may not have been placed. ' +
        'Check the order history, or repeat the request with the same Idempotency-Key.',
    }
    super(texts[of], options)
  }
}
