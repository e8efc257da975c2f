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
    'Extends every hold, and holds again what is no longer held, as far as it is in stock: an item of which too little ' +
    'is held says so in its `problems`. No hold lasts longer than its maximum.',
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
