import type {z} from 'zod'
import type {oas31} from 'zod-openapi'

import type {ProblemCode} from '../problems/problem-error.ts'

type Fields = z.ZodObject

/** What one method of a path takes and answers, for those who call it. The handlers parse with the same schemas. */
export type Operation = {
  operationId: string
  tag: 'API' | 'Authentication' | 'Health' | 'Orders' | 'Products'
  summary: string
  description: string
  /** Of these, `Token` itself follows from `security`. */
  parameters?: {path?: Fields; query?: Fields; header?: Fields}
  /** `optional` needs no token, and refuses one that does not hold. */
  security: 'none' | 'optional' | 'required'
  body?: RequestBody
  /** By status. */
  answers: Record<number, SuccessAnswer>
  /** Those of its own: what every operation like it can refuse follows from the rest. `none` refuses nothing at all. */
  problems: ProblemCode[] | 'none'
}

export type RequestBody = {
  json: z.ZodType
  /** Where a form is written in another way than JSON. */
  form?: FormSchema
  examples: Record<string, {json: unknown; form: Record<string, string>}>
}

/** A member of JSON Schema that zod-openapi does not list. */
export type FormSchema = oas31.SchemaObject & {patternProperties?: Record<string, oas31.SchemaObject>}

export type SuccessAnswer = {
  description: string
  /** None where there is no body. */
  body?: z.ZodType
  headers?: Fields
  examples?: Record<string, unknown>
}

/** Every refusal that the operation can give. */
export function problemsOf(path: string, {security, body, parameters, problems}: Operation): ProblemCode[] {
  if (problems === 'none') return []
  const codes = [...problems]
  if (security !== 'none') codes.push('invalid_token', 'user_inactive', 'database_unavailable')
  if (security === 'required') codes.push('not_authenticated')
  // The address is read, and with it the Host.
  if (parameters?.query) codes.push('invalid', 'bad_request')
  if (body) codes.push('invalid', 'parse_error', 'bad_request', 'body_too_large', 'unsupported_media_type')
  if (path.includes('{')) codes.push('not_found')
  return [...new Set<ProblemCode>([...codes, 'not_acceptable', 'internal_error'])].sort()
}
