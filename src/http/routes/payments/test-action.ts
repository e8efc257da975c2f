import {z} from 'zod'

import {testActionPath} from '../../../gateways/open-gateway.ts'
import {defineTestPage} from './define-test-page.ts'

/** A payment that does not exist, or does not wait for an action, is 404. */
export const testAction = defineTestPage({
  path: testActionPath('{payment}'),
  parameter: 'payment',
  name: 'Test Action',
  bodyId: 'TestAction',
  operationId: 'completeTestAction',
  summary: 'Do what the buyer would do at the bank',
  description:
    'Completes the action of a payment that requires one. Only the test provider has this. The shop learns of it by a ' +
    'webhook, or by `POST /orders/{id}/payment/refresh/`.',
  outcomes: ['succeed', 'fail'],
  examples: {'the bank confirms': 'succeed', 'the bank refuses': 'fail'},
  answer: {
    description: 'The action is completed.',
    body: z.object({
      state: z.string().meta({description: 'Of the payment at the provider.'}),
      return_url: z.string().nullable().meta({description: 'Where the buyer goes next.'}),
    }),
    examples: {confirmed: {state: 'captured', return_url: null}},
  },
  async complete(gateway, paymentId, outcome) {
    const {payment, returnUrl} = await gateway.completeAction(paymentId, outcome)
    return {state: payment.state.kind, return_url: returnUrl ?? null}
  },
})
