import {z} from 'zod'

import {RefusedError} from '../../../gateways/gateway.ts'
import {testActionPath} from '../../../gateways/open-gateway.ts'
import {createBodyReader, readFields} from '../../drf/body.ts'
import {objectField, parseBody} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {NotFoundError} from '../../problems/http-errors.ts'
import {defineResource} from '../../resource.ts'
import {requirePayments} from './ask-provider.ts'

const outcomes = ['fail', 'succeed'] as const

const TestAction = objectField({
  outcome: z
    .enum(outcomes, 'Must be "succeed" or "fail".')
    .meta({override: {type: 'string', enum: [...outcomes]}, description: 'The default is `succeed`.'})
    .optional(),
}).meta({id: 'TestAction'})

const completeTestAction: Operation = {
  operationId: 'completeTestAction',
  tag: 'Payments',
  summary: 'Do what the buyer would do at the bank',
  description:
    'Completes the action of a payment that requires one. Only the test provider has this. The shop learns of it by a ' +
    'webhook, or by `POST /orders/{id}/payment/refresh/`.',
  security: 'none',
  parameters: {path: z.object({payment: z.string().regex(/^\w+$/)})},
  body: {
    json: TestAction,
    isOptional: true,
    examples: {
      'the bank confirms': {json: {outcome: 'succeed'}, form: {outcome: 'succeed'}},
      'the bank refuses': {json: {outcome: 'fail'}, form: {outcome: 'fail'}},
    },
  },
  answers: {
    200: {
      description: 'The action is completed.',
      body: z.object({
        state: z.string().meta({description: 'Of the payment at the provider.'}),
        return_url: z.string().nullable().meta({description: 'Where the buyer goes next.'}),
      }),
      examples: {confirmed: {state: 'captured', return_url: null}},
    },
  },
  problems: ['database_unavailable'],
}

const readBody = createBodyReader({maxBytes: 8000})

export const testAction = defineResource({
  path: testActionPath('{payment}'),
  words: ['payment'],
  name: 'Test Action',
  operations: {POST: completeTestAction},
  handle(context) {
    const {testGateway} = requirePayments(context)
    if (!testGateway) throw new Error('The shop does not use the test provider.')
    return {
      enter: async () => Promise.resolve(),
      methods: {
        async POST(request, response) {
          const body = await readBody(request, response)
          const {outcome = 'succeed'} = parseBody(
            TestAction,
            body.kind === 'json' ? body.value : readFields(body.fields, ['outcome']),
          )
          const {payment, returnUrl} = await testGateway
            .completeAction(String(request.params.payment), outcome)
            .catch((error: unknown) => {
              // There is no such payment, or it does not wait for an action.
              throw error instanceof RefusedError ? new NotFoundError() : error
            })
          response.json({state: payment.state.kind, return_url: returnUrl ?? null})
        },
      },
    }
  },
})
