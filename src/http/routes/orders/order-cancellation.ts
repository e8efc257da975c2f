import {Order} from '../../../json/schemas.ts'
import {orderJson} from '../../../json/order.ts'
import {cancelOrder} from '../../../services/orders/cancel.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {exampleOrder, readOrderId} from './order.ts'
import {IdPath} from '../parameters.ts'

const cancelOrderOperation: Operation = {
  operationId: 'cancelOrder',
  tag: 'Orders',
  summary: 'Cancel an order',
  description: 'Cancelling an order cannot be undone. Its stock returns to the stock pools that it came from.',
  security: 'required',
  parameters: {path: IdPath},
  answers: {
    200: {
      description: 'The cancelled order.',
      body: Order,
      examples: {cancelled: {...exampleOrder, status: 'cancelled'}},
    },
  },
  problems: ['order_cancelled', 'unknown_order'],
}

export const orderCancellation = defineResource({
  path: '/orders/{id}/cancel/',
  name: 'Order Cancel',
  operations: {POST: cancelOrderOperation},
  handle: ({db, findTokenUser}) => ({
    enter: async (request) => requireUser(findTokenUser, request),
    methods: {
      async POST(request, response, user) {
        const order = await cancelOrder(db, {id: readOrderId(request), userId: user.id})
        response.json(orderJson(order))
      },
    },
  }),
})
