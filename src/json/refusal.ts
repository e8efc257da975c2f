import type {z} from 'zod'

import type {QuantityLimit, Shortage, TotalMismatch} from '../errors.ts'
import {formatAmount} from '../money.ts'
import type * as schemas from './schemas.ts'

export function shortageJson({productId, requested, available}: Shortage): z.output<typeof schemas.Shortage> {
  return {product_id: productId, requested, available}
}

export function quantityLimitJson({productId, max}: QuantityLimit): z.output<typeof schemas.QuantityLimit> {
  return {product_id: productId, max}
}

export function totalMismatchJson({
  expectedTotal,
  total,
  currency,
}: TotalMismatch): z.output<typeof schemas.TotalMismatch> {
  return {
    expected_total: formatAmount(expectedTotal, currency),
    total_price: formatAmount(total, currency),
    currency,
  }
}
