import type {Request} from 'express'
import {z} from 'zod'

import {UnknownProductError} from '../../../errors.ts'
import {createBodyReader, readData} from '../../drf/body.ts'
import {integerField, integerInput, objectField, parseBody} from '../../drf/fields.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {basketAnswer, exampleBasket, exampleEmptyBasket, IfMatch} from './basket-answer.ts'
import {changeBasket, changeProblems, fillProblems} from './change-basket.ts'

const path = z.object({
  product_id: z
    .int()
    .nonnegative()
    .meta({examples: [6]}),
})

const Quantity = objectField({
  quantity: integerField()
    .refine((quantity) => quantity >= 1, 'Ensure this value is greater than or equal to 1.')
    .meta({override: integerInput({minimum: 1}), description: 'At least 1.'}),
}).meta({id: 'BasketQuantity'})

const two = {quantity: 2}

const setItem: Operation = {
  operationId: 'setBasketItem',
  tag: 'Basket',
  summary: 'Set how many of a product are in the basket',
  description:
    'Puts the product in if it is not there. Its stock is held for this basket, so that nobody else can buy it until ' +
    '`held_until`. Setting the same quantity again extends the hold.',
  security: 'required',
  parameters: {path, header: IfMatch},
  body: {json: Quantity, examples: {two: {json: two, form: {quantity: '2'}}}},
  answers: {200: basketAnswer('The basket afterwards.', {'two breads': exampleBasket})},
  problems: fillProblems,
}

const removeItem: Operation = {
  operationId: 'removeBasketItem',
  tag: 'Basket',
  summary: 'Remove a product from the basket',
  description: 'Frees the stock that was held. It makes no difference if the product is not in the basket.',
  security: 'required',
  parameters: {path, header: IfMatch},
  answers: {200: basketAnswer('The basket afterwards.', {empty: exampleEmptyBasket})},
  problems: [...changeProblems, 'unknown_product'],
}

const readBody = createBodyReader()

export const basketItem = defineResource({
  path: '/basket/items/{product_id}/',
  name: 'Basket Item',
  operations: {PUT: setItem, DELETE: removeItem},
  handle(context) {
    return {
      enter: async (request) => context.callers.enter(request, ['PUT', 'DELETE']),
      methods: {
        async PUT(request, response, caller: OrderCaller) {
          await changeBasket(context, {request, response, caller}, async () => {
            const body = await readBody(request, response)
            const {quantity} = parseBody(Quantity, readData(body, ['quantity']))
            return {change: {kind: 'set', item: {productId: readProductId(request), quantity}}}
          })
        },
        async DELETE(request, response, caller) {
          const productId = readProductId(request)
          await changeBasket(context, {request, response, caller}, () => ({change: {kind: 'remove', productId}}))
        },
      },
    }
  },
})

/** Throws UnknownProductError for an id that no product can have. */
function readProductId(request: Request): number {
  const id = Number(request.params.product_id)
  if (!Number.isSafeInteger(id)) throw new UnknownProductError(id)
  return id
}
