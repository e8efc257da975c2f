import {z} from 'zod'
import type {
  ZodOpenApiMediaTypeObject,
  ZodOpenApiOperationObject,
  ZodOpenApiRequestBodyObject,
  ZodOpenApiResponseObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi'

import {deprecationHeaders} from '../deprecation.ts'
import type {ProblemCode} from '../problems/problem-error.ts'
import {problemJson} from '../problems/problem.ts'
import type {ProblemSchema} from '../problems/problem-schemas.ts'
import {problems} from '../problems/problems.ts'
import {type Operation, problemsOf, type RequestBody, type SuccessAnswer} from './operation.ts'

/** The path of an operation, and if it is a former one, the path that replaced it. */
export type OperationPath = {path: string; successor?: string}

const exampleRequestId = '5d1d5f4c-6a3e-4c39-9d3b-3f0b9d2b8f52'

type ProblemSchemaOf = (code: ProblemCode) => ProblemSchema

const securities = {none: [], optional: [{Token: []}, {}], required: [{Token: []}]}

export function describeOperation(
  operation: Operation,
  place: OperationPath,
  schemaOf: ProblemSchemaOf,
): ZodOpenApiOperationObject {
  const {operationId, tag, summary, description, parameters, security, body} = operation
  const {successor} = place
  return {
    // An operationId must be unique in the document.
    operationId: successor === undefined ? operationId : `${operationId}Formerly`,
    tags: [tag],
    summary: successor === undefined ? summary : `${summary} (old address)`,
    description:
      successor === undefined ? description : `A deprecated alias of \`${successor}\`, with the same behaviour.`,
    ...(successor !== undefined && {deprecated: true}),
    security: securities[security],
    ...(parameters && {requestParams: parameters}),
    ...(body && {requestBody: describeBody(body)}),
    responses: describeAnswers(operation, place, schemaOf),
  }
}

function describeBody({json, form, isOptional = false, examples}: RequestBody): ZodOpenApiRequestBodyObject {
  const pick = (kind: 'form' | 'json') =>
    Object.fromEntries(Object.entries(examples).map(([name, example]) => [name, {value: example[kind]}]))
  const formContent = {schema: form ?? json, examples: pick('form')}
  return {
    required: !isOptional,
    content: {
      'application/json': {schema: json, examples: pick('json')},
      'application/x-www-form-urlencoded': formContent,
      'multipart/form-data': formContent,
    },
  }
}

function describeAnswers(
  operation: Operation,
  place: OperationPath,
  schemaOf: ProblemSchemaOf,
): ZodOpenApiResponsesObject {
  const codes = problemsOf(place.path, operation)
  const answers: Record<string, Answer> = {}
  for (const [status, answer] of Object.entries(operation.answers)) answers[status] = describeSuccess(answer)
  for (const status of new Set(codes.map((code) => problems[code].status))) {
    const some = codes.filter((code) => problems[code].status === status)
    answers[status] = describeRefusal(status, some, schemaOf)
  }
  const ofPlace = place.successor === undefined ? {} : oldAddressHeaders(place.successor)
  return Object.fromEntries(
    Object.entries(answers).map(([status, {headers, ...answer}]) => {
      const all = {...headers?.shape, ...ofPlace}
      return [status, Object.keys(all).length > 0 ? {...answer, headers: z.object(all)} : answer]
    }),
  )
}

type Answer = Omit<ZodOpenApiResponseObject, 'headers'> & {headers?: z.ZodObject | undefined}

function describeSuccess({description, body, hasPage = false, headers, examples}: SuccessAnswer): Answer {
  const json: ZodOpenApiMediaTypeObject | undefined = body && {
    schema: body,
    ...(examples && {examples: withValues(examples)}),
  }
  const content = {
    ...(json && {'application/json': json}),
    ...(hasPage && {'text/html': {schema: z.string(), examples: withValues({page: '<!doctype html>'})}}),
  }
  return {description, headers, ...(Object.keys(content).length > 0 && {content})}
}

function describeRefusal(status: number, codes: ProblemCode[], schemaOf: ProblemSchemaOf): Answer {
  const [first, ...rest] = codes.map(schemaOf)
  if (!first) throw new Error('A refusal has a code.')
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].when}`).join('\n\n'),
    headers: refusalHeaders[status],
    content: {
      'application/problem+json': {
        schema: rest.length === 0 ? first : z.discriminatedUnion('code', [first, ...rest]),
        examples: withValues(
          Object.fromEntries(codes.map((code) => [code, problemJson(problems[code].example, exampleRequestId)])),
        ),
      },
    },
  }
}

function withValues(examples: Record<string, unknown>): Record<string, {value: unknown}> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, {value}]))
}

const retryAfter = z.object({
  'Retry-After': z.string().meta({description: 'How many seconds to wait before trying again.', examples: ['5']}),
})

const refusalHeaders: Partial<Record<number, z.ZodObject>> = {
  401: z.object({'WWW-Authenticate': z.literal('Token')}),
  429: retryAfter,
  503: retryAfter,
}

function oldAddressHeaders(successor: string): z.ZodRawShape {
  const {Deprecation, Link} = deprecationHeaders(successor)
  return {
    Deprecation: z
      .literal(Deprecation)
      .meta({description: 'When the address became deprecated, in the format of RFC 9745.'}),
    Link: z.string().meta({description: 'The address that replaced it.', examples: [Link]}),
  }
}
