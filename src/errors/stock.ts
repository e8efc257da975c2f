import {countOf} from '../text.ts'
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

/** The change would leave less than what is reserved, or less than nothing. */
export class TooLittleStockError extends ShopError {
  readonly code = 'too_little_stock'
  readonly stock: StockOnHand
  constructor(
    stock: StockOnHand,
    advise = (free: number) => `To take out ${free}, use --by=-${free} or --to ${stock.reserved}.`,
  ) {
    const {productId, pool, onHand, reserved} = stock
    const held = reserved > 0 ? `, ${reserved} of them held by baskets` : ''
    const free = onHand - reserved
    const hints = [
      ...(free > 0 ? [advise(free)] : []),
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

export type LargeChange = {productId: number; pool: string; before: number; after: number}

/** A change of more than a hundredfold, which may be a slip of the keyboard. */
export class LargeStockChangeError extends ShopError {
  readonly code = 'large_stock_change'
  readonly change: LargeChange
  constructor(change: LargeChange) {
    const {productId, pool, before, after} = change
    super(
      `The stock of product ${productId} in stock pool ${pool} would change from ${before} to ${after}, more than a hundredfold.`,
      {hint: 'If that is right, pass --yes.'},
    )
    this.change = change
  }
}

/** Commands and fixtures use this stock pool if none is named, so it stays under its name. */
export class DefaultPoolError extends ShopError {
  readonly code = 'default_pool'
  constructor(name: string) {
    super(
      `The stock pool ${name} cannot be renamed or deleted, because commands and fixtures use it if no stock pool is named.`,
    )
  }
}

/** Something refers to the stock pool, so that it cannot be deleted. */
export class PoolInUseError extends ShopError {
  readonly code = 'pool_in_use'
  constructor(pool: string, {units}: {units: number}) {
    const [reason, hint] =
      units > 0
        ? [
            `it has ${countOf(units, 'unit')} of stock`,
            'A stock pool that had stock stays. It can be emptied with: shop move-stock',
          ]
        : [
            'the ledger has movements of it, and orders that are cancelled return stock to it',
            'It can be renamed with: shop rename-pool',
          ]
    super(`The stock pool ${pool} cannot be deleted: ${reason}.`, {hint})
  }
}
