import {readBasket} from '../../../services/baskets/basket.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import {createCoalescer} from '../../coalesce.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {basketAnswer, exampleBasket, exampleEmptyBasket, IfMatch, sendBasket} from './basket-answer.ts'
import {changeBasket, changeProblems} from './change-basket.ts'

const getBasket: Operation = {
  operationId: 'getBasket',
  tag: 'Basket',
  summary: "Get the caller's basket",
  description:
    'Shows current prices, what is held, and what would prevent a checkout. Reading a basket never extends a hold.',
  security: 'required',
  answers: {
    200: basketAnswer('The basket. It is empty if there is none.', {
      'two breads': exampleBasket,
      none: {...exampleEmptyBasket, id: null, version: '0'},
    }),
  },
  problems: [],
}

const clearBasket: Operation = {
  operationId: 'clearBasket',
  tag: 'Basket',
  summary: 'Empty the basket',
  description: 'Removes every item, and frees the stock that it held.',
  security: 'required',
  parameters: {header: IfMatch},
  answers: {
    200: basketAnswer('The empty basket.', {empty: exampleEmptyBasket}),
  },
  problems: changeProblems,
}

export const basket = defineResource({
  path: '/basket/',
  name: 'Basket Detail',
  operations: {GET: getBasket, DELETE: clearBasket},
  handle(context) {
    const {db, callers, currency} = context
    const coalesce = createCoalescer()
    return {
      enter: async (request) => callers.enter(request, ['DELETE']),
      methods: {
        async GET(_request, response, {userId}: OrderCaller) {
          sendBasket(response, await coalesce(String(userId), async () => readBasket(db, {userId, currency})))
        },
        async DELETE(request, response, caller) {
          await changeBasket(context, {request, response, caller}, () => ({change: {kind: 'clear'}}))
        },
      },
    }
  },
})
