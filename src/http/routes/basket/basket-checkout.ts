import type {z} from 'zod'

import type {Currency} from '../../../money.ts'
import {newCheckout} from '../../../services/checkout/jobs.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import {createBodyReader} from '../../drf/body.ts'
import {integerField, integerInput, objectField, parseBody} from '../../drf/fields.ts'
import {type Decimal, toAmount} from '../../drf/money-fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource, type Limits, type Resource} from '../../resource.ts'
import {answerOrder, examplePlacedOrder, orderAnswer, orderProblems, paidOrderProblems} from '../orders/answer-order.ts'
import {expectedTotal, moneyForm, orderCurrency, readFilledFields} from '../orders/order-body.ts'
import {readCharge} from '../orders/pay-order.ts'
import {type PaymentBody, paymentFields, paymentForm, paymentNames} from '../orders/payment-fields.ts'
import {idempotencyKey, readIdempotencyKey} from '../parameters.ts'
import {IfMatch, readIfMatch} from './basket-answer.ts'

const basketId = integerField()
  .meta({
    description:
      'The id of the basket that the caller means. If it was ordered already, the answer is its order. The default is ' +
      'the current basket.',
  })
  .optional()

type CheckoutBody = PaymentBody & {
  basket?: number | undefined
  currency?: Currency | undefined
  expected_total?: Decimal | undefined
}

function checkoutFields({takesPayments}: {takesPayments: boolean}): z.ZodType<CheckoutBody> {
  const shape = {basket: basketId, currency: orderCurrency, expected_total: expectedTotal}
  const fields = takesPayments ? objectField({...shape, ...paymentFields}) : objectField(shape)
  return fields.meta({id: 'NewCheckout'})
}

const header = IfMatch.extend(
  idempotencyKey({
    description:
      'A checkout that is sent several times with the same key places only one order. Use a new key, such as a UUID, ' +
      'for each checkout, or name the `basket`.',
    example: '0b8e7a9c-5b0e-4d8a-9a86-3f3c2f1d7c10',
  }).shape,
)

const operation: Omit<Operation, 'answers' | 'body' | 'problems'> = {
  operationId: 'checkOutBasket',
  tag: 'Basket',
  summary: 'Order everything in the basket',
  description:
    'Places one order of all items or none, at the current prices. What the basket holds is sold, and if a hold has ' +
    'ended, what is in stock. The basket is empty afterwards.',
  security: 'required',
  parameters: {header},
}

const examples = {
  'a basket with an expected total': {
    json: {basket: 1, expected_total: '8.50'},
    form: {basket: '1', expected_total: '8.50'},
  },
  'whatever is in the basket': {json: {}, form: {}},
}

const paidExamples = {
  ...examples,
  'paid with a stored method': {
    json: {basket: 1, expected_total: '8.50', payment_method: 1, return_url: 'https://shop.example/done'},
    form: {basket: '1', expected_total: '8.50', payment_method: '1', return_url: 'https://shop.example/done'},
  },
}

function describe(json: z.ZodType<CheckoutBody>, {takesPayments}: {takesPayments: boolean}): Operation {
  return {
    ...operation,
    body: {
      json,
      form: {
        type: 'object',
        properties: {
          basket: {anyOf: [integerInput(), {const: ''}]},
          ...moneyForm,
          ...(takesPayments && paymentForm),
        },
      },
      isOptional: true,
      examples: takesPayments ? paidExamples : examples,
    },
    answers: {
      201: orderAnswer('The basket was ordered, by this request or by an earlier one.', {
        replayed:
          'Present if an earlier request with the same Idempotency-Key, or for the same basket, placed the order.',
        examples: {ordered: {...examplePlacedOrder, total_price: '8.50'}},
        takesPayments,
      }),
    },
    problems: [
      ...(takesPayments ? paidOrderProblems : orderProblems),
      'basket_changed',
      'basket_locked',
      'unknown_basket',
    ],
  }
}

const formNames = ['basket', 'currency', 'expected_total', ...paymentNames]

export function basketCheckout({provider}: Pick<Limits, 'provider'>): Resource {
  const takesPayments = provider !== undefined
  const fields = checkoutFields({takesPayments})
  const readBody = createBodyReader({refusesCards: takesPayments})

  return defineResource({
    path: '/basket/checkout/',
    name: 'Basket Checkout',
    operations: {POST: describe(fields, {takesPayments})},
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
              ...payment
            } = parseBody(fields, body.kind === 'json' ? body.value : readFilledFields(body.fields, formNames))
            return newCheckout({
              ...caller,
              basketId: basket,
              currency,
              expectedTotal: expected && toAmount('expected_total', expected, currency),
              charge: await readCharge(context, caller.userId, payment),
              ifVersions: readIfMatch(request),
              ...readIdempotencyKey(request),
            })
          })
        },
      },
    }),
  })
}
