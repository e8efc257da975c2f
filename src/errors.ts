import {type Currency, formatAmount} from './money.ts'

/** What the shop refuses or cannot do, as opposed to a bug. The edges map each code to a status or an exit code. */
export type ShopErrorCode =
  | 'checkout_busy'
  | 'database_unavailable'
  | 'idempotency_key_reused'
  | 'invalid_configuration'
  | 'invalid_cursor'
  | 'invalid_fixture'
  | 'invalid_order'
  | 'invalid_page'
  | 'invalid_pool'
  | 'invalid_price'
  | 'invalid_product'
  | 'invalid_user'
  | 'login_failed'
  | 'order_abandoned'
  | 'order_cancelled'
  | 'out_of_stock'
  | 'outcome_unknown'
  | 'pool_name_taken'
  | 'schema_outdated'
  | 'stock_locked'
  | 'token_ended'
  | 'too_little_stock'
  | 'too_much_stock'
  | 'total_mismatch'
  | 'unknown_order'
  | 'unknown_pool'
  | 'unknown_product'
  | 'unknown_user'
  | 'username_taken'

/** An expected failure. Its message is fit for the person who asked. */
export abstract class ShopError extends Error {
  abstract readonly code: ShopErrorCode
  override readonly name = 'ShopError'
}

/** The environment or a flag asks for something that cannot be. */
export class ConfigurationError extends ShopError {
  readonly code = 'invalid_configuration'
}

/** No database can be reached, or none can be started. */
export class DatabaseUnavailableError extends ShopError {
  readonly code = 'database_unavailable'
}

/** The database lacks tables or columns that this version of the shop needs. */
export class SchemaOutdatedError extends ShopError {
  readonly code = 'schema_outdated'
}

export class InvalidPageError extends ShopError {
  readonly code = 'invalid_page'
  /** How many pages there are, where somebody has counted. */
  readonly pageCount: number | undefined
  constructor(pageCount?: number) {
    super('Invalid page.')
    this.pageCount = pageCount
  }
}

/** No cursor that the shop gave, or one of another list. */
export class InvalidCursorError extends ShopError {
  readonly code = 'invalid_cursor'
}

export class UnknownUserError extends ShopError {
  readonly code = 'unknown_user'
  constructor(username: string) {
    super(`There is no active user "${username}". Create one with: shop create-user ${username}`)
  }
}

export class UsernameTakenError extends ShopError {
  readonly code = 'username_taken'
  constructor(username: string, options?: ErrorOptions) {
    super(`There is a user "${username}" already. Choose another name.`, options)
  }
}

/** A username or password that the shop does not take. */
export class InvalidUserError extends ShopError {
  readonly code = 'invalid_user'
}

/** The token that an order came with, or its user, holds no more. */
export class TokenEndedError extends ShopError {
  readonly code = 'token_ended'
  constructor() {
    super('Invalid token.')
  }
}

/** Unknown user, wrong password or inactive user: deliberately one and the same. */
export class LoginFailedError extends ShopError {
  readonly code = 'login_failed'
  constructor() {
    super('Unable to log in with provided credentials.')
  }
}

/** What is wrong with one item of an order, or, without a position, with the order as a whole. */
export type OrderProblem = {
  position?: number
  field?: 'product_id' | 'quantity'
  message: string
}

export class InvalidOrderError extends ShopError {
  readonly code = 'invalid_order'
  readonly problems: OrderProblem[]
  constructor(problems: OrderProblem[]) {
    super(problems.map(({message}) => message).join(' '))
    this.problems = problems
  }
}

export type Shortage = {
  productId: number
  requested: number
  available: number
}

export class OutOfStockError extends ShopError {
  readonly code = 'out_of_stock'
  readonly shortages: Shortage[]
  constructor(shortages: Shortage[]) {
    super('One or more items were out of stock in the quantities you requested - order not created.')
    this.shortages = shortages
  }
}

/** The key names an order already, and the request asks for another one. */
export class IdempotencyKeyReusedError extends ShopError {
  readonly code = 'idempotency_key_reused'
  constructor() {
    super('This Idempotency-Key was used for an order with other items. Use a new key for a new order.')
  }
}

/** Whoever placed the order went away before its turn came. */
export class AbandonedOrderError extends ShopError {
  readonly code = 'order_abandoned'
  constructor() {
    super('The client hung up. Nothing was ordered.')
  }
}

/** More orders wait than the queue holds. */
export class CheckoutBusyError extends ShopError {
  readonly code = 'checkout_busy'
  constructor() {
    super('The shop has more orders than it can take at the moment. Nothing was ordered: try again in a moment.')
  }
}

/** Another session held a lock that the order needs for longer than the shop waits. */
export class StockLockedError extends ShopError {
  readonly code = 'stock_locked'
  constructor() {
    super('A product of the order is locked at the moment. Nothing was ordered: try again in a moment.')
  }
}

/** The database was lost while it committed, and did not come back in time. */
export class OutcomeUnknownError extends ShopError {
  readonly code = 'outcome_unknown'
  constructor(options?: ErrorOptions) {
    super(
      'The shop lost its database while it confirmed the order. Look into the order history, ' +
        'or repeat the order with the same Idempotency-Key.',
      options,
    )
  }
}

/** There is none of that id, or it is another user's: deliberately one and the same. */
export class UnknownOrderError extends ShopError {
  readonly code = 'unknown_order'
  constructor(id: number) {
    super(`There is no order ${id}. Find a user's orders with: shop list-orders --user NAME`)
  }
}

export class OrderCancelledError extends ShopError {
  readonly code = 'order_cancelled'
  constructor(id: number) {
    super(`Order ${id} is cancelled already. Nothing was changed.`)
  }
}

export class UnknownProductError extends ShopError {
  readonly code = 'unknown_product'
  constructor(id: number) {
    super(`There is no product ${id}. Those in stock have their ids in: shop list-products`)
  }
}

export class UnknownPoolError extends ShopError {
  readonly code = 'unknown_pool'
  /** The names of those that there are. */
  readonly pools: string[]
  constructor(name: string, pools: string[]) {
    super(`There is no pool "${name}". There are: ${pools.join(', ')}. Create another one with: shop create-pool NAME`)
    this.pools = pools
  }
}

export class PoolNameTakenError extends ShopError {
  readonly code = 'pool_name_taken'
  constructor(name: string, options?: ErrorOptions) {
    super(`There is a pool "${name}" already. Choose another name.`, options)
  }
}

/** A name that a pool cannot have. */
export class InvalidPoolError extends ShopError {
  readonly code = 'invalid_pool'
}

/** What a pool has of a product at the moment. */
export type StockOnHand = {
  productId: number
  pool: string
  onHand: number
  reserved: number
}

/** An adjustment would leave less than is reserved, or less than nothing. */
export class TooLittleStockError extends ShopError {
  readonly code = 'too_little_stock'
  readonly stock: StockOnHand
  constructor(stock: StockOnHand) {
    const {productId, pool, onHand, reserved} = stock
    const held = reserved > 0 ? `, ${reserved} of them reserved` : ''
    const free = onHand - reserved
    const most = free > 0 ? `${free} at most can be taken out, with --by=-${free} or --to ${reserved}` : 'none can go'
    super(`There are ${onHand} of product ${productId} in pool ${pool}${held}: ${most}.`)
    this.stock = stock
  }
}

/** An adjustment would leave more than one pool can have of a product. */
export class TooMuchStockError extends ShopError {
  readonly code = 'too_much_stock'
  readonly stock: StockOnHand
  constructor(stock: StockOnHand, max: number) {
    const {productId, pool, onHand} = stock
    super(
      `There are ${onHand} of product ${productId} in pool ${pool}, and there can be ${max}. Give --to ${max} or less.`,
    )
    this.stock = stock
  }
}

export type FixtureProblem = {
  /** Where in the file: `line 3`, `products[2]`, `auth.user 7`. */
  record: string
  reason: string
}

export class InvalidFixtureError extends ShopError {
  readonly code = 'invalid_fixture'
  /** The first of them, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many there are in all. */
  readonly count: number
  constructor(problems: FixtureProblem[], {count = problems.length, ...options}: ErrorOptions & {count?: number} = {}) {
    const shown = problems.slice(0, 20).map(({record, reason}) => `  ${record}: ${reason}`)
    const rest = count - shown.length
    super(
      [
        'The fixture was not loaded; nothing was changed.',
        ...shown,
        ...(rest > 0 ? [`  ... and ${rest} more`] : []),
      ].join('\n'),
      options,
    )
    this.problems = problems
    this.count = count
  }
}

/** A name or a stock that a product cannot have. */
export class InvalidProductError extends ShopError {
  readonly code = 'invalid_product'
}

/** An amount or a currency that a price cannot have. */
export class InvalidPriceError extends ShopError {
  readonly code = 'invalid_price'
}

/** What the buyer expected to pay, and what it would be, in minor units. */
export type TotalMismatch = {
  expectedTotal: number
  total: number
  currency: Currency
}

/** The prices are not those that the buyer saw. */
export class TotalMismatchError extends ShopError {
  readonly code = 'total_mismatch'
  readonly mismatch: TotalMismatch
  constructor(mismatch: TotalMismatch) {
    const {expectedTotal, total, currency} = mismatch
    super(
      `The total is ${formatAmount(total, currency)} ${currency}, not ${formatAmount(expectedTotal, currency)}. ` +
        'Nothing was ordered.',
    )
    this.mismatch = mismatch
  }
}
