import type {Knex} from 'knex'

import type {Cancellation} from '../../../services/orders/cancel.ts'
import type {Order} from '../../../services/orders/history.ts'
import {cancelPaidOrder} from '../../../services/payments/operations.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import type {PaymentContext} from '../../context.ts'
import {defineResource, type Limits, type Resource} from '../../resource.ts'
import {askProvider} from '../payments/ask-provider.ts'
import {orderFormat, readOrderId} from './order.ts'
import {IdPath} from '../parameters.ts'

const operation = {
  operationId: 'cancelOrder',
  tag: 'Orders',
  summary: 'Cancel an order',
  description:
    'Cancelling an order cannot be undone. Its stock returns to the stock pools that it came from. After `outcome_unknown`, ' +
    'repeat the request, and take `order_cancelled` for success.',
  security: 'required',
  parameters: {path: IdPath},
  problems: ['order_cancelled', 'outcome_unknown', 'unknown_order'],
} satisfies Omit<Operation, 'answers'>

const paidOperation: Omit<Operation, 'answers'> = {
  ...operation,
  description:
    `${operation.description} What was paid for it is refunded soon after. As long as the payment is not settled, the payment ` +
    'provider is asked first.',
  problems: [...operation.problems, 'payment_pending'],
}

function describe(limits: Pick<Limits, 'provider'>): Operation {
  const {schema, example} = orderFormat(limits)
  const examples = {cancelled: {...example, status: 'cancelled'}}
  return {
    ...(limits.provider === undefined ? operation : paidOperation),
    answers: {200: {description: 'The cancelled order.', body: schema, examples}},
  }
}

export function orderCancellation(limits: Pick<Limits, 'provider'>): Resource {
  const {toJson} = orderFormat(limits)
  return defineResource({
    path: '/orders/{id}/cancel/',
    name: 'Order Cancel',
    operations: {POST: describe(limits)},
    handle: ({db, findTokenUser, payments, notesWrites}) => ({
      enter: async (request) => requireUser(findTokenUser, request),
      methods: {
        async POST(request, response, user) {
          const key = {id: readOrderId(request), userId: user.id, notesWrites}
          // A shop without payments may have taken some before.
          const order = payments ? await cancelPaid(db, payments, key) : await cancelPaidOrder(db, undefined, key)
          response.json(toJson(order))
        },
      },
    }),
  })
}

async function cancelPaid(db: Knex, payments: PaymentContext, order: Cancellation): Promise<Order> {
  const {gateway, settings} = payments
  return askProvider(payments, async (signal) => cancelPaidOrder(db, gateway, order, {settings, signal}))
}
