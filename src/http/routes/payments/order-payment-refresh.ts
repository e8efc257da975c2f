import {refreshPayment} from '../../../services/payments/operations.ts'
import type {Operation} from '../../openapi/operation.ts'
import {readOrderId} from '../orders/order.ts'
import {IdPath} from '../parameters.ts'
import {askProvider} from './ask-provider.ts'
import {definePaymentResource} from './define-payment-resource.ts'
import {paymentAnswer, sendPayment} from './send-payment.ts'

const refresh: Operation = {
  operationId: 'refreshPayment',
  tag: 'Payments',
  summary: 'Ask the payment provider about the payment of an order',
  description:
    'For a buyer who has finished an action, and for any other payment that is `pending`: every few seconds, until it is not. ' +
    'A payment that is settled is not asked about. If the provider does not answer, ' +
    'or the caller has asked too often in this minute, the payment is answered as the shop knows it.',
  security: 'required',
  parameters: {path: IdPath},
  answers: {200: paymentAnswer},
  problems: ['bad_request', 'unknown_order', 'unknown_payment'],
}

export const orderPaymentRefresh = definePaymentResource({
  path: '/orders/{id}/payment/refresh/',
  name: 'Order Payment Refresh',
  operations: {POST: refresh},
  methods: ({db, payments}) => ({
    async POST(request, response, user) {
      const order = {id: readOrderId(request), userId: user.id}
      const {gateway, settings} = payments
      const payment = await askProvider(payments, async (signal) =>
        refreshPayment(db, gateway, order, {settings, signal}),
      )
      await sendPayment(db, {request, response}, payment)
    },
  }),
})
