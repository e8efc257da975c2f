import {paymentMethodJson} from '../../../json/payment.ts'
import {PaymentMethod} from '../../../json/schemas.ts'
import {storeMethod} from '../../../services/payments/methods.ts'
import {createBodyReader, readData} from '../../drf/body.ts'
import {objectField, parseBody, textField} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {askProvider} from './ask-provider.ts'
import {definePaymentResource} from './define-payment-resource.ts'
import {exampleMethod, methodsAnswer, sendMethods} from './method-list.ts'

const listPaymentMethods: Operation = {
  operationId: 'listPaymentMethods',
  tag: 'Payments',
  summary: "List the caller's payment methods",
  description: 'The shop knows no more of a card than this. The payment provider keeps the rest.',
  security: 'required',
  answers: {200: methodsAnswer('All of them.', {'one card': [exampleMethod], none: []})},
  problems: [],
}

const NewPaymentMethod = objectField({
  setup: textField({trim: true}).meta({description: 'From `POST /payment-methods/setup/`.'}),
}).meta({id: 'NewPaymentMethod'})

const addPaymentMethod: Operation = {
  operationId: 'addPaymentMethod',
  tag: 'Payments',
  summary: 'Store a payment method',
  description:
    'Stores the method of a setup that the user has finished. The first one becomes the default. Storing it again returns it, unless it was removed.',
  security: 'required',
  body: {
    json: NewPaymentMethod,
    examples: {'a finished setup': {json: {setup: 'seti_1'}, form: {setup: 'seti_1'}}},
  },
  answers: {201: {description: 'The method is stored.', body: PaymentMethod, examples: {card: exampleMethod}}},
  problems: [
    'card_number',
    'payment_limit',
    'payment_method_limit',
    'payment_setup_incomplete',
    'payment_unavailable',
    'unknown_payment_setup',
  ],
}

/** An id of a setup is short. */
const readBody = createBodyReader({maxBytes: 8000, refusesCards: true})

export const paymentMethods = definePaymentResource({
  path: '/payment-methods/',
  name: 'Payment Method List',
  operations: {GET: listPaymentMethods, POST: addPaymentMethod},
  methods: ({db, payments}) => ({
    async GET(_request, response, user) {
      await sendMethods(response, db, payments, user.id)
    },
    async POST(request, response, user) {
      const body = await readBody(request, response)
      const {setup: setupId} = parseBody(NewPaymentMethod, readData(body, ['setup']))
      const method = await askProvider(payments, async (signal) =>
        storeMethod(db, payments.gateway, {userId: user.id, setupId}, signal),
      )
      response.status(201).json(paymentMethodJson(method))
    },
  }),
})
