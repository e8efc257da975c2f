import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

import {describeApi} from '../../src/http/openapi/describe-api.ts'
import {createProblemSchemas} from '../../src/http/openapi/problems.ts'
import type {ProblemCode} from '../../src/http/problem-codes.ts'
import {resources} from '../../src/http/resources.ts'

export const document = describeApi(resources)

export type DocumentedAnswer = {
  status: number
  /** As the header says it; null or undefined where there is none. */
  contentType?: string | null | undefined
  /** Parsed where it is JSON; '' where there is none. */
  body: unknown
}

/**
 * In what an answer is not as the document has it: nothing where it is. More strictly than clients should take it, a
 * member that is not described is a problem. Also of paths and methods that are not there, which are 404 and 405.
 */
export function validateAnswer(method: string, path: string, answer: DocumentedAnswer): string[] {
  const template = findTemplate(path)
  if (template === undefined) return validateProblem(answer, ['not_found', 'bad_request'])

  // The heartbeat answers every method.
  const isHeartbeat = template === '/healthcheck/heartbeat/'
  const documented = isHeartbeat || method === 'HEAD' ? 'get' : method.toLowerCase()
  const operations = document.paths?.[template] as Record<string, {responses: Responses} | undefined>
  const operation = operations[documented]
  if (operation === undefined) {
    return method === 'OPTIONS' && answer.status === 200 ? [] : validateProblem(answer, beforeTheMethod)
  }

  const pointer = ['paths', template, documented, 'responses', String(answer.status)]
  const response = operation.responses[answer.status]
  if (response === undefined) return [`${method} ${template} has no ${answer.status}`]
  if (response.content === undefined) return answer.body === '' ? [] : [`${answer.status} has a body`]
  if (method === 'HEAD') return answer.body === '' ? [] : ['HEAD has a body']

  const type = answer.contentType?.split(';', 1)[0] ?? ''
  if (response.content[type] === undefined) return [`${answer.status} has no body of the type "${type}"`]
  return validateAt([...pointer, 'content', type, 'schema'], answer.body)
}

type Responses = Record<string, {content?: Record<string, unknown>} | undefined>

/** What is wrong with a value by the schema that the document has there. */
export function validateAt(pointer: string[], value: unknown): string[] {
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
  const reference = `#/${escaped.join('/')}`
  const validate = validators.get(reference) ?? ajv.compile({$ref: `document.json${reference}`})
  validators.set(reference, validate)
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`)
}

const validators = new Map<string, ValidateFunction>()

const ajv = new Ajv2020({strict: false, allErrors: true})
formats.default(ajv)
ajv.addSchema({...(closed(document) as object), $id: 'document.json'})

/** Objects have only the members that are described. Requests may have others, which are ignored, and examples have not. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed)
  if (typeof part !== 'object' || part === null) return part
  const copy = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]))
  const isObject = copy.type === 'object' && copy.properties !== undefined
  return isObject && !('additionalProperties' in copy) ? {...copy, additionalProperties: false} : copy
}

const problemSchema = createProblemSchemas()

/** Where a method is not described, whatever comes before it is looked at. */
const beforeTheMethod: ProblemCode[] = [
  'method_not_allowed',
  'not_acceptable',
  'not_authenticated',
  'invalid_token',
  'user_inactive',
  'database_unavailable',
  'internal_error',
]

function validateProblem({status, contentType, body}: DocumentedAnswer, codes: ProblemCode[]): string[] {
  // To HEAD.
  if (body === '') return []
  if (contentType?.startsWith('application/problem+json') !== true) return [`is ${contentType ?? 'of no type'}`]
  const one = codes.find((code) => problemSchema(code).safeParse(body).success)
  if (one === undefined) return [`is none of ${codes.join(', ')}`]
  return (body as {status: number}).status === status ? [] : ['has another status in its body']
}

function findTemplate(path: string): string | undefined {
  const [pathname = ''] = path.split('?', 1)
  return Object.keys(document.paths ?? {}).find((template) => {
    const pattern = template
      .replace(/\/$/, '')
      .replaceAll('.', String.raw`\.`)
      .replaceAll(/\{\w+\}/g, String.raw`\d+`)
    return new RegExp(`^${pattern}/?$`).test(pathname)
  })
}
