import type {Request, Response} from 'express'
import {z} from 'zod'

import {RefusedError} from '../../../gateways/gateway.ts'
import type {TestGateway} from '../../../gateways/test-provider/test-gateway.ts'
import type {AppContext} from '../../context.ts'
import {prefersHtml} from '../../drf/accept.ts'
import {createBodyReader, readData} from '../../drf/body.ts'
import {objectField, parseBody} from '../../drf/fields.ts'
import type {Operation, RequestBody, SuccessAnswer} from '../../openapi/operation.ts'
import {NotFoundError} from '../../problems/http-errors.ts'
import {requirePayments} from './ask-provider.ts'
import {sendPage} from './test-page.ts'

type TestPost<Outcome extends string> = Pick<Operation, 'description' | 'operationId' | 'summary'> & {
  /** The name of the body's schema. */
  bodyId: string
  /** The parameter of the path. */
  parameter: string
  /** The first is the default. */
  outcomes: readonly [Outcome, ...Outcome[]]
  examples: Record<string, Outcome>
  answer: SuccessAnswer
  /** Returns the JSON of the answer, and what browsers get instead. */
  complete: (gateway: TestGateway, id: string, outcome: Outcome) => Promise<{json: object; page?: string}>
}

type Handler = (request: Request, response: Response) => Promise<void>

/** What the operations of the test provider's pages have in common: they stand for those of a real one, so need no token. */
export function ofTestProvider(parameter: string): Pick<Operation, 'parameters' | 'problems' | 'security' | 'tag'> {
  return {
    tag: 'Payments',
    security: 'none',
    parameters: {path: z.object({[parameter]: z.string().regex(/^\w+$/)})},
    problems: ['database_unavailable'],
  }
}

/** A form of the test provider. What the provider refuses does not exist. */
export function defineTestPost<Outcome extends string>({
  bodyId,
  parameter,
  outcomes,
  examples,
  answer,
  complete,
  ...described
}: TestPost<Outcome>): {operation: Operation; serve: (gateway: TestGateway) => Handler} {
  const [first] = outcomes
  const Body = objectField({
    outcome: z
      .enum(outcomes, `Must be one of: ${outcomes.join(', ')}.`)
      .meta({override: {type: 'string', enum: [...outcomes]}, description: `The default is \`${first}\`.`})
      .optional(),
  }).meta({id: bodyId})
  const bodies: RequestBody['examples'] = {}
  for (const [title, outcome] of Object.entries<Outcome>(examples)) bodies[title] = {json: {outcome}, form: {outcome}}
  const readBody = createBodyReader({maxBytes: 8000})

  return {
    operation: {
      ...described,
      ...ofTestProvider(parameter),
      body: {json: Body, isOptional: true, examples: bodies},
      answers: {200: answer},
    },
    serve: (gateway) => async (request, response) => {
      const body = await readBody(request, response)
      const {outcome = first} = parseBody(Body, readData(body, ['outcome']))
      const {json, page} = await orNotFound(complete(gateway, String(request.params[parameter]), outcome))
      if (page !== undefined && prefersHtml(request)) sendPage(response, page)
      else response.json(json)
    },
  }
}

export async function orNotFound<Result>(asked: Promise<Result>): Promise<Result> {
  return asked.catch((error: unknown) => {
    throw error instanceof RefusedError ? new NotFoundError() : error
  })
}

export function requireTestGateway(context: AppContext): TestGateway {
  const {testGateway} = requirePayments(context)
  if (!testGateway) throw new Error('The shop does not use the test provider.')
  return testGateway
}

/** Anybody may: no token is needed. */
export async function enter(): Promise<void> {
  return Promise.resolve()
}
