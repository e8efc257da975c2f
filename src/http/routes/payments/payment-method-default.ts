import {setDefaultMethod} from '../../../services/payments/methods.ts'
import type {Operation} from '../../openapi/operation.ts'
import {IdPath} from '../parameters.ts'
import {definePaymentResource} from './define-payment-resource.ts'
import {exampleMethod, methodsAnswer, readMethodId, sendMethods} from './method-list.ts'

const setDefaultPaymentMethod: Operation = {
  operationId: 'setDefaultPaymentMethod',
  tag: 'Payments',
  summary: 'Make a payment method the default',
  description: 'Orders that name the method `default` are charged to it.',
  security: 'required',
  parameters: {path: IdPath},
  answers: {200: methodsAnswer("All of the caller's methods.", {'one card': [exampleMethod]})},
  problems: ['unknown_payment_method'],
}

export const paymentMethodDefault = definePaymentResource({
  path: '/payment-methods/{id}/default/',
  name: 'Payment Method Default',
  operations: {PUT: setDefaultPaymentMethod},
  methods: ({db, payments}) => ({
    async PUT(request, response, user) {
      await setDefaultMethod(db, {userId: user.id, provider: payments.gateway.name, id: readMethodId(request)})
      await sendMethods(response, db, payments, user.id)
    },
  }),
})
