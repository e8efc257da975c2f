import {ShopError} from './shop-error.ts'

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
