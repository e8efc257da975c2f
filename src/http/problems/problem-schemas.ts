import {STATUS_CODES} from 'node:http'

import {z} from 'zod'

import type {ProblemCode, ProblemError} from './problem-error.ts'
import {type Problem, problems} from './problems.ts'

export type ProblemSchema = z.ZodObject<{code: z.ZodLiteral<ProblemCode>}>

const RequestId = z.string().meta({description: 'The id of the request, as in `X-Request-Id`.'})

/** Creates the schema of each code once per document: zod-openapi recognizes components by identity. */
export function createProblemSchemas(): (code: ProblemCode) => ProblemSchema {
  const schemas = new Map<ProblemCode, ProblemSchema>()
  return (code) => {
    const schema = schemas.get(code) ?? problemSchema(code)
    schemas.set(code, schema)
    return schema
  }
}

function problemSchema(code: ProblemCode): ProblemSchema {
  const {status, when, members = 'none'}: Problem<ProblemError> = problems[code]
  const extensions = members === 'none' ? z.object() : members.schema
  const schema = z.object({
    type: z.literal('about:blank'),
    title: z.literal(STATUS_CODES[status] ?? ''),
    status: z.literal(status),
    detail: z.string(),
    code: z.literal(code),
    request_id: RequestId,
    ...extensions.shape,
  })
  const {catchall} = extensions.def
  return (catchall ? schema.catchall(catchall) : schema).meta({id: nameOf(code), description: when})
}

/** `out_of_stock` is OutOfStockProblem. */
function nameOf(code: ProblemCode): string {
  return `${code.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Problem`
}
