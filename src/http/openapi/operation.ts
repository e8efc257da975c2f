import type {z} from 'zod'
import type {oas31} from 'zod-openapi'

import type {ProblemCode} from '../problems/problem-error.ts'

type Fields = z.ZodObject

/**
 * What a method of a path accepts and answers, as the API description shows it. Handlers parse with the same schemas.
 */
export type Operation = {
  operationId: string
  tag: 'API' | 'Authentication' | 'Basket' | 'Health' | 'Orders' | 'Payments' | 'Products'
  summary: string
  description: string
  /** Without the `Authorization` header, which follows from `security`. */
  parameters?: {path?: Fields; query?: Fields; header?: Fields}
  /** `optional` accepts requests without a token, but refuses an invalid one. */
  security: 'none' | 'optional' | 'required'
  body?: RequestBody
  /** By status. */
  answers: Record<number, SuccessAnswer>
  /** Its specific problems; the general ones follow from the other members. With `none` it has no problems at all. */
  problems: ProblemCode[] | 'none'
}

export type RequestBody = {
  json: z.ZodType
  /** If the fields of a form differ from the members of the JSON. */
  form?: FormSchema
  /** No body means the same as an empty one. */
  isOptional?: boolean
  examples: Record<string, {json: unknown; form: Record<string, string>}>
}

/** zod-openapi's type lacks this JSON Schema keyword. */
export type FormSchema = oas31.SchemaObject & {patternProperties?: Record<string, oas31.SchemaObject>}

export type SuccessAnswer = {
  description: string
  /** The JSON. Absent if the answer has none. */
  body?: z.ZodType
  /** Whether there is a page for browsers, besides the body or instead of one. */
  hasPage?: boolean
  headers?: Fields
  examples?: Record<string, unknown>
}

/** Returns every problem that the operation can answer. */
export function problemsOf(path: string, {security, body, parameters, problems}: Operation): ProblemCode[] {
  if (problems === 'none') return []
  const codes = [...problems]
  if (security !== 'none') codes.push('invalid_token', 'user_inactive', 'database_unavailable')
  if (security === 'required') codes.push('not_authenticated')
  // Reading the query also validates the Host header.
  if (parameters?.query) codes.push('invalid', 'bad_request')
  if (body) codes.push('invalid', 'parse_error', 'bad_request', 'body_too_large', 'unsupported_media_type')
  if (path.includes('{')) codes.push('not_found')
  return [...new Set<ProblemCode>([...codes, 'not_acceptable', 'internal_error'])].sort()
}
