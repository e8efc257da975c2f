import type {z} from 'zod'

import {formatAmount, lineTotal, sumOfLines} from '../money.ts'
import type {Basket, BasketItem, BasketProblem} from '../services/baskets/basket.ts'
import type * as schemas from './schemas.ts'

export type BasketJson = z.output<typeof schemas.Basket>

type ItemJson = BasketJson['items'][number]

export function basketJson({id, currency, items, canCheckOut, version}: Basket): BasketJson {
  const heldUntil = items.flatMap((item) => item.heldUntil ?? []).sort()
  return {
    id,
    currency,
    items: items.map((item) => basketItemJson(item, currency)),
    total: formatAmount(sumOfLines(items), currency),
    held_until: heldUntil[0] ?? null,
    can_checkout: canCheckOut,
    version,
  }
}

export function basketItemJson(item: BasketItem, currency: string): ItemJson {
  const {productId, name, quantity, price, held, heldUntil, problems} = item
  const total = lineTotal(item)
  return {
    product_id: productId,
    name,
    quantity,
    price: price === null ? null : formatAmount(price, currency),
    line_total: total === null ? null : formatAmount(total, currency),
    held,
    held_until: heldUntil,
    problems: problems.map((problem) => problemJson(problem, currency)),
  }
}

function problemJson(problem: BasketProblem, currency: string): ItemJson['problems'][number] {
  return problem.code === 'price_changed' ? {...problem, was: formatAmount(problem.was, currency)} : problem
}
