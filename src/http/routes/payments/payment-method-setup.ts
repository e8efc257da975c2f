import {PaymentSetup} from '../../../json/schemas.ts'
import {setUpMethod} from '../../../services/payments/methods.ts'
import {createBodyReader} from '../../drf/body.ts'
import {objectField, parseBody} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {noStoreHeaders} from '../parameters.ts'
import {askProvider} from './ask-provider.ts'
import {definePaymentResource} from './define-payment-resource.ts'

/** A body has nothing to say, but one with a card is refused. */
const NewPaymentSetup = objectField({}).meta({id: 'NewPaymentSetup'})
const readBody = createBodyReader({maxBytes: 8000, refusesCards: true})

const setUpPaymentMethod: Operation = {
  operationId: 'setUpPaymentMethod',
  tag: 'Payments',
  summary: 'Begin to store a payment method',
  description:
    'The client library of the payment provider collects the card with the `client_secret`, so that the shop never sees it. ' +
    'Then send the `setup` to `POST /payment-methods/`.',
  security: 'required',
  body: {json: NewPaymentSetup, isOptional: true, examples: {nothing: {json: {}, form: {}}}},
  answers: {
    201: {
      description: 'The setup has begun.',
      body: PaymentSetup,
      headers: noStoreHeaders,
      examples: {begun: {setup: 'seti_1', client_secret: 'seti_1_secret_2'}},
    },
  },
  problems: ['card_number', 'payment_limit', 'payment_unavailable'],
}

export const paymentMethodSetup = definePaymentResource({
  path: '/payment-methods/setup/',
  name: 'Payment Method Setup',
  operations: {POST: setUpPaymentMethod},
  methods: ({db, payments}) => ({
    async POST(request, response, user) {
      const body = await readBody(request, response)
      if (body.kind === 'json') parseBody(NewPaymentSetup, body.value)
      const {id: setup, clientSecret} = await askProvider(payments, async (signal) =>
        setUpMethod(db, payments.gateway, user.id, signal),
      )
      response.status(201).json({setup, client_secret: clientSecret})
    },
  }),
})
