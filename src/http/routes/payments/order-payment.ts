import {findPaymentOf} from '../../../services/payments/operations.ts'
import type {Operation} from '../../openapi/operation.ts'
import {readOrderId} from '../orders/order.ts'
import {IdPath} from '../parameters.ts'
import {definePaymentResource} from './define-payment-resource.ts'
import {paymentAnswer, sendPayment} from './send-payment.ts'

const getPayment: Operation = {
  operationId: 'getPayment',
  tag: 'Payments',
  summary: 'Get the payment of an order',
  description: 'As the shop knows it.',
  security: 'required',
  parameters: {path: IdPath},
  answers: {200: paymentAnswer},
  problems: ['bad_request', 'unknown_order', 'unknown_payment'],
}

export const orderPayment = definePaymentResource({
  path: '/orders/{id}/payment/',
  name: 'Order Payment',
  operations: {GET: getPayment},
  methods: ({db}) => ({
    async GET(request, response, user) {
      const payment = await findPaymentOf(db, {id: readOrderId(request), userId: user.id})
      await sendPayment(db, {request, response}, payment)
    },
  }),
})
