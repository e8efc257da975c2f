import {z} from 'zod'

import {type Outcome, outcomeNames} from '../../../gateways/test-provider/outcomes.ts'
import {defineResource} from '../../resource.ts'
import {defineTestPost, enter, requireTestGateway} from './define-test-post.ts'

const parameter = 'setup'

/** A setup that is finished keeps its first outcome. */
const completion = defineTestPost<Outcome>({
  parameter,
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
    return {json: {brand, last4}}
  },
})

export const testSetup = defineResource({
  path: `/test-provider/setups/{${parameter}}/`,
  name: 'Test Setup',
  words: [parameter],
  operations: {POST: completion.operation},
  handle: (context) => ({enter, methods: {POST: completion.serve(requireTestGateway(context))}}),
})
