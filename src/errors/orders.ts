import {type Currency, formatAmount} from '../money.ts'
import {ShopError} from './shop-error.ts'

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

/** No order has this id, or it belongs to another user. The caller must not learn which. */
export class UnknownOrderError extends ShopError {
  readonly code = 'unknown_order'
  constructor(id: number) {
    super(`There is no order ${id}.`, {hint: 'To see the latest orders, run: shop list-orders'})
  }
}

export class OrderCancelledError extends ShopError {
  readonly code = 'order_cancelled'
  constructor(id: number) {
    super(`Order ${id} is already cancelled. Nothing was changed.`)
  }
}
