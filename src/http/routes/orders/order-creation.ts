import type {z} from 'zod'

import {newOrder} from '../../../services/checkout/new-order.ts'
import {parseBody} from '../../drf/fields.ts'
import {toAmount} from '../../drf/money-fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import type {OrderCaller} from '../../auth/order-caller.ts'
import {defineResource, type Limits, type Resource} from '../../resource.ts'
import {idempotencyKey, readIdempotencyKey} from '../parameters.ts'
import {answerOrder, examplePlacedOrder, orderAnswer, orderProblems, paidOrderProblems} from './answer-order.ts'
import {createItemsReader, describeOrderBody, type OrderBody, orderFields, readOrderForm} from './order-body.ts'
import {readCharge} from './pay-order.ts'

const header = idempotencyKey({
  description:
    'An order that is sent several times with the same key is placed only once. Use a new key, such as a UUID, for ' +
    'each order.',
  example: '3f0c9d4e-7d0c-4b6e-9a57-0d3a6c1f2b11',
})

const operation: Omit<Operation, 'answers' | 'body' | 'problems'> = {
  operationId: 'createOrder',
  tag: 'Orders',
  summary: 'Place an order',
  description: 'Places the whole order or none of it. The stock is taken immediately, and the current prices apply.',
  security: 'required',
  parameters: {header},
}

const ofCharges = 'After that, the `payment_method` is charged.'

function describe(fields: z.ZodType<OrderBody>, {takesPayments}: {takesPayments: boolean}): Operation {
  return {
    ...operation,
    body: describeOrderBody(fields, {takesPayments}),
    ...(takesPayments && {description: `${operation.description} ${ofCharges}`}),
    answers: {
      201: orderAnswer('The order was placed, by this request or by an earlier one with the same Idempotency-Key.', {
        replayed: 'Present if an earlier request with the same Idempotency-Key placed the order.',
        examples: {placed: examplePlacedOrder},
        takesPayments,
      }),
    },
    problems: takesPayments ? paidOrderProblems : orderProblems,
  }
}

/** `orderItems` is the most items that an order may have. */
export function orderCreation({orderItems, provider}: Limits): Resource {
  const takesPayments = provider !== undefined
  const fields = orderFields(orderItems, {takesPayments})
  const readBody = createItemsReader(orderItems, {refusesCards: takesPayments})

  return defineResource({
    path: '/orders/create/',
    formerPath: '/order/create/',
    name: 'Order Create',
    operations: {PUT: describe(fields, {takesPayments})},
    handle(context) {
      return {
        enter: async (request) => context.callers.enter(request, ['PUT']),
        methods: {
          async PUT(request, response, caller: OrderCaller) {
            await answerOrder(context, {request, response, caller}, async () => {
              const body = await readBody(request, response)
              const data = body.kind === 'json' ? body.value : readOrderForm(body.fields)
              const {items, currency = context.currency, expected_total: expected, ...payment} = parseBody(fields, data)
              return newOrder({
                ...caller,
                currency,
                items: items.map(({product_id, quantity}) => ({productId: product_id, quantity})),
                maxItems: orderItems,
                charge: await readCharge(context, caller.userId, payment),
                ...(expected && {expectedTotal: toAmount('expected_total', expected, currency)}),
                ...readIdempotencyKey(request),
              })
            })
          },
        },
      }
    },
  })
}
