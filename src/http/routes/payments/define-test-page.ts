import {z} from 'zod'

import {RefusedError} from '../../../gateways/gateway.ts'
import type {TestGateway} from '../../../gateways/test-provider/test-gateway.ts'
import {createBodyReader, readData} from '../../drf/body.ts'
import {objectField, parseBody} from '../../drf/fields.ts'
import type {Operation, RequestBody, SuccessAnswer} from '../../openapi/operation.ts'
import {NotFoundError} from '../../problems/http-errors.ts'
import {defineResource, type Resource} from '../../resource.ts'
import {requirePayments} from './ask-provider.ts'

type TestPage<Outcome extends string> = Pick<Resource, 'path'> &
  Pick<Operation, 'description' | 'operationId' | 'summary'> & {
    /** The name that Django REST Framework would give the view, for OPTIONS. */
    name: string
    /** The name of the body's schema. */
    bodyId: string
    /** The parameter of the path. */
    parameter: string
    /** The first is the default. */
    outcomes: readonly [Outcome, ...Outcome[]]
    examples: Record<string, Outcome>
    answer: SuccessAnswer
    complete: (gateway: TestGateway, id: string, outcome: Outcome) => Promise<object>
  }

/** Stands in for a page of a real provider, so it needs no token. What the provider refuses does not exist. */
export function defineTestPage<Outcome extends string>(page: TestPage<Outcome>): Resource {
  const {path, name, bodyId, parameter, outcomes, examples, answer, complete, ...described} = page
  const [first] = outcomes
  const Body = objectField({
    outcome: z
      .enum(outcomes, `Must be one of: ${outcomes.join(', ')}.`)
      .meta({override: {type: 'string', enum: [...outcomes]}, description: `The default is \`${first}\`.`})
      .optional(),
  }).meta({id: bodyId})
  const bodies: RequestBody['examples'] = {}
  for (const [title, outcome] of Object.entries<Outcome>(examples)) bodies[title] = {json: {outcome}, form: {outcome}}
  const operation: Operation = {
    ...described,
    tag: 'Payments',
    security: 'none',
    parameters: {path: z.object({[parameter]: z.string().regex(/^\w+$/)})},
    body: {json: Body, isOptional: true, examples: bodies},
    answers: {200: answer},
    problems: ['database_unavailable'],
  }
  const readBody = createBodyReader({maxBytes: 8000})

  return defineResource({
    path,
    name,
    words: [parameter],
    operations: {POST: operation},
    handle(context) {
      const {testGateway} = requirePayments(context)
      if (!testGateway) throw new Error('The shop does not use the test provider.')
      return {
        enter: async () => Promise.resolve(),
        methods: {
          async POST(request, response) {
            const body = await readBody(request, response)
            const data = readData(body, ['outcome'])
            const {outcome = first} = parseBody(Body, data)
            const done = complete(testGateway, String(request.params[parameter]), outcome)
            response.json(
              await done.catch((error: unknown) => {
                throw error instanceof RefusedError ? new NotFoundError() : error
              }),
            )
          },
        },
      }
    },
  })
}
