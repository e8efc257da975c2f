import {z} from 'zod'

import {type Outcome, outcomeNames} from '../../../gateways/test-provider/outcomes.ts'
import {defineTestPage} from './define-test-page.ts'

/** A setup that is finished keeps its first outcome. */
export const testSetup = defineTestPage<Outcome>({
  path: '/test-provider/setups/{setup}/',
  parameter: 'setup',
  name: 'Test Setup',
  bodyId: 'TestSetup',
  operationId: 'completeTestSetup',
  summary: 'Do what the client library of the payment provider would do',
  description:
    'Gives the test provider a card for a setup, whose payments have a known outcome. Only the test provider has this. Then ' +
    'send the `setup` to `POST /payment-methods/`.',
  outcomes: ['ok', ...outcomeNames.filter((name) => name !== 'ok')],
  examples: {'a card that is charged': 'ok', 'a card without money': 'insufficient_funds'},
  answer: {
    description: 'The setup is finished.',
    body: z.object({brand: z.string(), last4: z.string().nullable()}),
    examples: {finished: {brand: 'visa', last4: '4242'}},
  },
  async complete(gateway, setupId, outcome) {
    const {brand, last4} = await gateway.confirmSetup(setupId, outcome)
    return {brand, last4}
  },
})
