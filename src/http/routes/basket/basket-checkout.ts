import {newCheckout} from '../../../services/checkout/jobs.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import {createBodyReader} from '../../drf/body.ts'
import {integerField, integerInput, objectField, parseBody} from '../../drf/fields.ts'
import {toAmount} from '../../drf/money-fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {answerOrder, examplePlacedOrder, orderAnswer, orderProblems} from '../orders/answer-order.ts'
import {expectedTotal, moneyForm, orderCurrency, readFilledFields} from '../orders/order-body.ts'
import {idempotencyKey, readIdempotencyKey} from '../parameters.ts'
import {IfMatch, readIfMatch} from './basket-answer.ts'

const basketId = integerField()
  .meta({
    description:
      'The id of the basket that the caller means. If it was ordered already, the answer is its order. The default is ' +
      'the current basket.',
  })
  .optional()

const NewCheckout = objectField({basket: basketId, currency: orderCurrency, expected_total: expectedTotal}).meta({
  id: 'NewCheckout',
})

const header = IfMatch.extend(
  idempotencyKey({
    description:
      'A checkout that is sent several times with the same key places only one order. Use a new key, such as a UUID, ' +
      'for each checkout, or name the `basket`.',
    example: '0b8e7a9c-5b0e-4d8a-9a86-3f3c2f1d7c10',
  }).shape,
)

const checkOut: Operation = {
  operationId: 'checkOutBasket',
  tag: 'Basket',
  summary: 'Order everything in the basket',
  description:
    'Places one order of all items or none, at the current prices. What the basket holds is sold, and if a hold has ' +
    'ended, what is in stock. The basket is empty afterwards.',
  security: 'required',
  parameters: {header},
  body: {
    json: NewCheckout,
    form: {
      type: 'object',
      properties: {basket: {anyOf: [integerInput(), {const: ''}]}, ...moneyForm},
    },
    isOptional: true,
    examples: {
      'a basket with an expected total': {
        json: {basket: 1, expected_total: '8.50'},
        form: {basket: '1', expected_total: '8.50'},
      },
      'whatever is in the basket': {json: {}, form: {}},
    },
  },
  answers: {
    201: orderAnswer('The basket was ordered, by this request or by an earlier one.', {
      replayed:
        'Present if an earlier request with the same Idempotency-Key, or for the same basket, placed the order.',
      examples: {ordered: {...examplePlacedOrder, total_price: '8.50'}},
    }),
  },
  problems: [...orderProblems, 'basket_changed', 'basket_locked', 'unknown_basket'],
}

const readBody = createBodyReader()

export const basketCheckout = defineResource({
  path: '/basket/checkout/',
  name: 'Basket Checkout',
  operations: {POST: checkOut},
  handle: (context) => ({
    enter: async (request) => context.callers.enter(request, ['POST']),
    methods: {
      async POST(request, response, caller: OrderCaller) {
        await answerOrder(context, {request, response, caller}, async () => {
          const body = await readBody(request, response)
          const {
            basket,
            currency = context.currency,
            expected_total: expected,
          } = parseBody(
            NewCheckout,
            body.kind === 'json' ? body.value : readFilledFields(body.fields, ['basket', 'currency', 'expected_total']),
          )
          return newCheckout({
            ...caller,
            basketId: basket,
            currency,
            expectedTotal: expected && toAmount('expected_total', expected, currency),
            ifVersions: readIfMatch(request),
            ...readIdempotencyKey(request),
          })
        })
      },
    },
  }),
})
