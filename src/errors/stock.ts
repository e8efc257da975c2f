import {ShopError} from './shop-error.ts'

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
