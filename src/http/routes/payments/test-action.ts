import {z} from 'zod'

import {testActionPath} from '../../../gateways/open-gateway.ts'
import {defineResource} from '../../resource.ts'
import {defineTestPost, enter, ofTestProvider, orNotFound, requireTestGateway} from './define-test-post.ts'
import {actionPage, sendPage} from './test-page.ts'

const parameter = 'payment'

/** A payment that does not exist, or does not wait for an action, is 404. */
const completion = defineTestPost({
  parameter,
  bodyId: 'TestAction',
  operationId: 'completeTestAction',
  summary: 'Do what the buyer would do at the bank',
  description:
    'Completes the action of a payment that requires one. Only the test provider has this. The shop learns of it by a ' +
    'webhook, or by `POST /orders/{id}/payment/refresh/`. Browsers get a page.',
  outcomes: ['succeed', 'fail'],
  examples: {'the bank confirms': 'succeed', 'the bank refuses': 'fail'},
  answer: {
    description: 'The action is completed.',
    body: z.object({
      state: z.string().meta({description: 'Of the payment at the provider.'}),
      return_url: z.string().nullable().meta({description: 'Where the buyer goes next.'}),
    }),
    hasPage: true,
    examples: {confirmed: {state: 'captured', return_url: null}},
  },
  async complete(gateway, paymentId, outcome) {
    const {payment, returnUrl} = await gateway.completeAction(paymentId, outcome)
    return {
      json: {state: payment.state.kind, return_url: returnUrl ?? null},
      page: actionPage(payment, returnUrl),
    }
  },
})

export const testAction = defineResource({
  path: testActionPath(`{${parameter}}`),
  name: 'Test Action',
  words: [parameter],
  operations: {
    GET: {
      ...ofTestProvider(parameter),
      operationId: 'showTestAction',
      summary: 'Show the buyer what to confirm',
      description:
        'The page that the `next_action` of a payment leads a browser to. It has a button for each outcome. Only the test ' +
        'provider has this.',
      answers: {200: {description: 'A page.', hasPage: true}},
    },
    POST: completion.operation,
  },
  handle(context) {
    const gateway = requireTestGateway(context)
    return {
      enter,
      methods: {
        async GET(request, response) {
          const {payment, returnUrl} = await orNotFound(gateway.readAction(String(request.params[parameter])))
          sendPage(response, actionPage(payment, returnUrl))
        },
        POST: completion.serve(gateway),
      },
    }
  },
})
