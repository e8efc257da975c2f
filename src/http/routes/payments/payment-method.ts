import {removeMethod} from '../../../services/payments/methods.ts'
import type {Operation} from '../../openapi/operation.ts'
import {IdPath} from '../parameters.ts'
import {askProvider} from './ask-provider.ts'
import {definePaymentResource} from './define-payment-resource.ts'
import {methodsAnswer, readMethodId, sendMethods} from './method-list.ts'

const removePaymentMethod: Operation = {
  operationId: 'removePaymentMethod',
  tag: 'Payments',
  summary: 'Remove a payment method',
  description:
    'Payments that have begun with it go on. If it was the default, the latest of the others becomes the default.',
  security: 'required',
  parameters: {path: IdPath},
  answers: {200: methodsAnswer('The methods that are left.', {none: []})},
  problems: ['unknown_payment_method'],
}

export const paymentMethod = definePaymentResource({
  path: '/payment-methods/{id}/',
  name: 'Payment Method Detail',
  operations: {DELETE: removePaymentMethod},
  methods: ({db, payments}) => ({
    async DELETE(request, response, user) {
      const method = {userId: user.id, id: readMethodId(request)}
      await askProvider(payments, async (signal) => removeMethod(db, payments.gateway, method, signal))
      await sendMethods(response, db, payments, user.id)
    },
  }),
})
