import type {Request, Response} from 'express'
import {z} from 'zod'

import {basketJson, type BasketJson} from '../../../json/basket.ts'
import {Basket} from '../../../json/schemas.ts'
import type {Basket as BasketOfUser} from '../../../services/baskets/basket.ts'
import type {SuccessAnswer} from '../../openapi/operation.ts'
import {noStoreHeaders} from '../parameters.ts'

const headers = noStoreHeaders.extend({
  ETag: z.string().meta({description: 'The `version` of the basket in quotes, for `If-Match`.'}),
})

export function basketAnswer(
  description: string,
  examples: Record<string, BasketJson>,
  further: z.ZodObject = z.object({}),
): SuccessAnswer {
  return {description, body: Basket, headers: headers.extend(further.shape), examples}
}

const heldUntil = '2026-11-24T11:04:15.340785Z'

export const exampleBasket: BasketJson = {
  id: 1,
  currency: 'USD',
  items: [
    {
      product_id: 6,
      name: 'Sourdough Bread',
      quantity: 2,
      price: '4.25',
      line_total: '8.50',
      held: 2,
      held_until: heldUntil,
      problems: [],
    },
  ],
  total: '8.50',
  held_until: heldUntil,
  can_checkout: true,
  version: '1-1',
}

/** The example basket without its items. */
export const exampleEmptyBasket: BasketJson = {
  ...exampleBasket,
  items: [],
  total: '0.00',
  held_until: null,
  can_checkout: false,
  version: '1-2',
}

/**
 * The tag does not cover holds, which end as time passes, so no cache may keep the answer, and it is never a 304: Express's
 * `json()` would make it one for a request whose `If-None-Match` has the tag.
 */
export function sendBasket(response: Response, basket: BasketOfUser): void {
  const json = basketJson(basket)
  response.set('etag', `"${json.version}"`).type('json').end(JSON.stringify(json))
}

export const IfMatch = z.object({
  'If-Match': z
    .string()
    .optional()
    .meta({
      description:
        'The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the ' +
        'request is refused.',
    }),
})

/**
 * The versions in an If-Match header; undefined if any version will do. A weak tag counts as well, since a proxy that
 * compresses an answer weakens its tag, and what it names is the same.
 */
export function readIfMatch(request: Request): readonly string[] | undefined {
  const header = request.get('if-match')
  if (header === undefined || header.trim() === '*') return undefined
  return [...header.matchAll(/"([^"]*)"/g)].map(([, tag = '']) => tag)
}
