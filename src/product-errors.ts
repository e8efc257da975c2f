import {ShopError} from './errors.ts'
import {type Currency, formatAmount} from './money.ts'

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
