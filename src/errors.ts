import {type Currency, formatAmount} from './money.ts'

type ShopErrorOptions = ErrorOptions & {hint?: string | undefined}

/**
 * An expected failure, as opposed to a bug: something that the shop refuses or cannot do. Its message is written for
 * the person who asked. Commands print it and exit with 1; `src/http/problems/problems.ts` defines how HTTP answers it.
 */
export abstract class ShopError extends Error {
  abstract readonly code: string
  override readonly name = 'ShopError'
  /** What an operator at the terminal can do about it. HTTP clients never see it. */
  readonly hint: string | undefined
  constructor(message: string, {hint, ...options}: ShopErrorOptions = {}) {
    super(message, options)
    this.hint = hint
  }
}

/** The environment or a flag has a value that the shop cannot use. */
export class ConfigurationError extends ShopError {
  readonly code = 'invalid_configuration'
}

/** The shop cannot reach its database, or cannot start the embedded one. */
export class DatabaseUnavailableError extends ShopError {
  readonly code = 'database_unavailable'
}

/** The database lacks tables or columns that this version of the shop needs. */
export class SchemaOutdatedError extends ShopError {
  readonly code = 'schema_outdated'
  constructor(options?: ErrorOptions) {
    const hint = 'To bring it up to date, run: shop migrate'
    super('The database lacks tables or columns that this version of the shop needs.', {...options, hint})
  }
}

/** A newer version of the shop migrated the database, with migrations that this version does not have. */
export class SchemaNewerError extends ShopError {
  readonly code = 'schema_newer'
  constructor(migrations: readonly string[]) {
    super(`This database was migrated by a newer version of the shop (${migrations.join(', ')}). Use that version.`)
  }
}

/** A server of the shop uses the database, which a rollback would take away from it. */
export class ShopServingError extends ShopError {
  readonly code = 'shop_serving'
  constructor() {
    super('A shop serves this database. Nothing was rolled back.', {
      hint: 'Stop every `shop serve` that uses the database first.',
    })
  }
}

/** The database changes nothing: it is a standby, or an administrator made it read-only. */
export class DatabaseReadOnlyError extends ShopError {
  readonly code = 'database_read_only'
  constructor(options?: ErrorOptions) {
    super('The database is read-only. Nothing was changed.', {
      ...options,
      hint:
        'Check that DATABASE_URL or POSTGRES_HOST points to the primary server, not to a standby, and that ' +
        'default_transaction_read_only is off for the server, the database and the role.',
    })
  }
}

/** The database role lacks a right. */
export class PermissionDeniedError extends ShopError {
  readonly code = 'permission_denied'
}

/** The database cannot write, because its disk is full. */
export class DatabaseFullError extends ShopError {
  readonly code = 'disk_full'
  constructor(reason: string, options?: ErrorOptions) {
    super(`The disk of the database is full: ${reason}. Nothing was changed.`, {
      ...options,
      hint: 'Free some space on the disk of the database server, and run the command again.',
    })
  }
}

export class InvalidPageError extends ShopError {
  readonly code = 'invalid_page'
  /** How many pages the list has, if they were counted. */
  readonly pageCount: number | undefined
  constructor(pageCount?: number) {
    super('Invalid page.')
    this.pageCount = pageCount
  }
}

/** The shop did not issue the cursor, or issued it for another list. */
export class InvalidCursorError extends ShopError {
  readonly code = 'invalid_cursor'
  constructor(message = 'This cursor is not valid. Start with an empty one.') {
    super(message)
  }
}

export class UnknownUserError extends ShopError {
  readonly code = 'unknown_user'
  constructor(username: string) {
    super(`There is no user "${username}".`, {hint: 'To create it, run: shop create-user NAME'})
  }
}

/** The user exists, but may not log in or order. */
export class DeactivatedUserError extends ShopError {
  readonly code = 'user_deactivated'
  constructor(username: string) {
    super(`The user "${username}" is deactivated.`)
  }
}

export class UsernameTakenError extends ShopError {
  readonly code = 'username_taken'
  constructor(username: string, options?: ErrorOptions) {
    super(`The username "${username}" is already taken.`, options)
  }
}

/** The shop does not accept the username or the password. */
export class InvalidUserError extends ShopError {
  readonly code = 'invalid_user'
}

/** The token has expired or been revoked, or its user was deactivated, while the order waited. */
export class TokenEndedError extends ShopError {
  readonly code = 'token_ended'
  constructor() {
    super('Invalid token.')
  }
}

/** The user is unknown or inactive, or the password is wrong. The caller must not learn which. */
export class LoginFailedError extends ShopError {
  readonly code = 'login_failed'
  constructor() {
    super('Unable to log in with provided credentials.')
  }
}

/** Too many logins are waiting for their passwords to be checked. */
export class LoginBusyError extends ShopError {
  readonly code = 'login_busy'
  constructor() {
    super('Too many logins are waiting. Try again in a moment.')
  }
}

/** The client disconnected before its password was checked. */
export class LoginAbandonedError extends ShopError {
  readonly code = 'login_abandoned'
  constructor() {
    super('The client disconnected before its password was checked.')
  }
}

/** What is wrong with one item of an order or, without a position, with the order as a whole. */
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

/** What is asked for: a change of a basket, or an order. */
export type Wanted = 'basket' | 'order'

export class OutOfStockError extends ShopError {
  readonly code = 'out_of_stock'
  readonly shortages: Shortage[]
  constructor(shortages: Shortage[], of: Wanted = 'order') {
    const result = of === 'basket' ? 'basket not changed' : 'order not created'
    super(`One or more items were out of stock in the quantities you requested - ${result}.`)
    this.shortages = shortages
  }
}

/** The key already belongs to an order with other contents, or to an addition to a basket. */
export class IdempotencyKeyReusedError extends ShopError {
  readonly code = 'idempotency_key_reused'
  constructor(of: 'order' | 'request' = 'order') {
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
  constructor(of: Wanted = 'order', options?: ErrorOptions) {
    const texts = {
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

/** No basket has this id, or it belongs to another user. The caller must not learn which. */
export class UnknownBasketError extends ShopError {
  readonly code = 'unknown_basket'
  constructor(id: number) {
    super(`There is no basket ${id}.`, {hint: 'To see the baskets, run: shop list-baskets'})
  }
}

/** The basket is being paid, and changes again only if that fails. */
export class BasketLockedError extends ShopError {
  readonly code = 'basket_locked'
  constructor() {
    super('The basket is being paid and cannot be changed.')
  }
}

/** The basket has changed since the client read the version that it named. */
export class BasketChangedError extends ShopError {
  readonly code = 'basket_changed'
  constructor() {
    super('The basket has changed. Nothing was changed by this request. Read the basket again.')
  }
}

/** The basket would have too many lines. */
export class BasketFullError extends ShopError {
  readonly code = 'basket_full'
  constructor(maxLines: number) {
    super(`A basket may have at most ${maxLines} products.`)
  }
}

/** The user asks for holds too often, or for holds beyond their maximum time. */
export class HoldLimitError extends ShopError {
  readonly code = 'hold_limit'
  /** After how many seconds the same request may succeed. */
  readonly retryAfterSeconds: number
  constructor(message: string, retryAfterSeconds: number) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No order has this id, or it belongs to another user. The caller must not learn which. */
export class UnknownOrderError extends ShopError {
  readonly code = 'unknown_order'
  constructor(id: number) {
    super(`There is no order ${id}.`, {hint: "To see a user's orders, run: shop list-orders --user NAME"})
  }
}

export class OrderCancelledError extends ShopError {
  readonly code = 'order_cancelled'
  constructor(id: number) {
    super(`Order ${id} is already cancelled. Nothing was changed.`)
  }
}

export class UnknownProductError extends ShopError {
  readonly code = 'unknown_product'
  readonly productId: number
  constructor(id: number) {
    super(`There is no product ${id}.`, {hint: 'To see product ids, run: shop list-products'})
    this.productId = id
  }
}

export class UnknownPoolError extends ShopError {
  readonly code = 'unknown_pool'
  /** The names of the existing pools. */
  readonly pools: string[]
  constructor(name: string, pools: string[]) {
    super(`There is no stock pool "${name}". Existing pools: ${pools.join(', ')}.`, {
      hint: 'To create it, run: shop create-pool NAME',
    })
    this.pools = pools
  }
}

export class PoolNameTakenError extends ShopError {
  readonly code = 'pool_name_taken'
  constructor(name: string, options?: ErrorOptions) {
    super(`The stock pool name "${name}" is already taken.`, options)
  }
}

/** The name cannot be that of a stock pool. */
export class InvalidPoolError extends ShopError {
  readonly code = 'invalid_pool'
}

/** How many of a product a stock pool has. */
export type StockOnHand = {
  productId: number
  pool: string
  onHand: number
  reserved: number
}

/** The adjustment would leave less than what is reserved, or less than nothing. */
export class TooLittleStockError extends ShopError {
  readonly code = 'too_little_stock'
  readonly stock: StockOnHand
  constructor(stock: StockOnHand) {
    const {productId, pool, onHand, reserved} = stock
    const held = reserved > 0 ? `, ${reserved} of them held by baskets` : ''
    const free = onHand - reserved
    const hints = [
      ...(free > 0 ? [`To take out ${free}, use --by=-${free} or --to ${reserved}.`] : []),
      ...(reserved > 0 ? [`To end the holds, run: shop release-holds --product ${productId}`] : []),
    ]
    const most = free > 0 ? `at most ${free} can be taken out` : 'none can be taken out'
    super(`Stock pool ${pool} has ${onHand} of product ${productId}${held}: ${most}.`, {
      hint: hints.length > 0 ? hints.join(' ') : undefined,
    })
    this.stock = stock
  }
}

/** The adjustment would leave more of a product than a stock pool can have. */
export class TooMuchStockError extends ShopError {
  readonly code = 'too_much_stock'
  readonly stock: StockOnHand
  constructor(stock: StockOnHand, max: number) {
    const {productId, pool, onHand} = stock
    super(`Stock pool ${pool} has ${onHand} of product ${productId}, and can have at most ${max}.`, {
      hint: `Use --to ${max} or less.`,
    })
    this.stock = stock
  }
}

export type FixtureProblem = {
  /** Its place in the file: `line 3`, `products[2]`, `auth.user 7`. */
  record: string
  reason: string
}

export class InvalidFixtureError extends ShopError {
  readonly code = 'invalid_fixture'
  /** The first problems, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many problems there are in total. */
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

/** The name or the stock is not valid for a product. */
export class InvalidProductError extends ShopError {
  readonly code = 'invalid_product'
}

/** The amount or the currency is not valid for a price. */
export class InvalidPriceError extends ShopError {
  readonly code = 'invalid_price'
}

/** The total that the buyer expected, and the actual one, in minor units. */
export type TotalMismatch = {
  expectedTotal: number
  total: number
  currency: Currency
}

/** The prices differ from those that the buyer saw. */
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
