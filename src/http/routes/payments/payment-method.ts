import {removeMethod} from '../../../services/payments/methods.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {IdPath} from '../parameters.ts'
import {askProvider, requirePayments} from './ask-provider.ts'
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

export const paymentMethod = defineResource({
  path: '/payment-methods/{id}/',
  name: 'Payment Method Detail',
  operations: {DELETE: removePaymentMethod},
  handle(context) {
    const {db, findTokenUser} = context
    const payments = requirePayments(context)
    return {
      enter: async (request) => requireUser(findTokenUser, request),
      methods: {
        async DELETE(request, response, user) {
          const method = {userId: user.id, id: readMethodId(request)}
          await askProvider(payments, async (signal) => removeMethod(db, payments.gateway, method, signal))
          await sendMethods(response, db, payments, user.id)
        },
      },
    }
  },
})
