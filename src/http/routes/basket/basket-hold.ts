import type {OrderCaller} from '../../auth/order-caller.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {basketAnswer, exampleBasket, IfMatch} from './basket-answer.ts'
import {changeBasket, holdProblems} from './change-basket.ts'

const holdOperation: Operation = {
  operationId: 'holdBasket',
  tag: 'Basket',
  summary: 'Hold the stock of the basket for longer',
  description:
    'Extends every hold. Units that are no longer held are held again if they are still in stock. The `problems` of an ' +
    'item say if some of it is not held. No hold lasts longer than its maximum.',
  security: 'required',
  parameters: {header: IfMatch},
  answers: {200: basketAnswer('The basket afterwards.', {extended: {...exampleBasket, version: '1-2'}})},
  problems: holdProblems,
}

export const basketHold = defineResource({
  path: '/basket/hold/',
  name: 'Basket Hold',
  operations: {POST: holdOperation},
  handle: (context) => ({
    enter: async (request) => context.callers.enter(request, ['POST']),
    methods: {
      async POST(request, response, caller: OrderCaller) {
        await changeBasket(context, {request, response, caller}, () => ({change: {kind: 'hold'}}))
      },
    },
  }),
})
