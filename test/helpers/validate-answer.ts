import {createProblemSchemas} from '../../src/http/problems/problem-schemas.ts'
import type {ProblemCode} from '../../src/http/problems/problem-error.ts'
import {type Api, api as apiWithoutPayments} from './openapi.ts'

export type Answered = {
  status: number
  headers: Headers
  /** Parsed if it is JSON; '' if there is no body. */
  body: unknown
}

type DocumentedHeaders = Record<string, {required?: boolean}>
type DocumentedResponse = {content?: Record<string, unknown>; headers?: DocumentedHeaders}
type Operations = Record<string, {responses: Record<string, DocumentedResponse | undefined>} | undefined>

/** Throws if an answer does not match the API description, which fails the test. */
export function checkAnswer(method: string, path: string, answer: Answered, api?: Api): void {
  const problems = validateAnswer(method, path, answer, api)
  if (problems.length === 0) return
  const where = `${method} ${path} was answered ${answer.status}, which does not match the document`
  throw new Error(`${where}: ${problems.join('; ')}\n${JSON.stringify(answer.body).slice(0, 2000)}`)
}

/**
 * Lists how an answer differs from the API description. This is stricter than clients should be: undescribed members
 * count as differences. Unknown paths and methods must be answered 404 and 405.
 */
export function validateAnswer(method: string, path: string, answer: Answered, api = apiWithoutPayments): string[] {
  const {document} = api
  const template = api.findTemplate(path)
  // A webhook of another provider is not found only after its Accept header was read.
  const unknown: ProblemCode[] = ['not_found', 'bad_request', ...(path.startsWith('/webhooks/') ? notAcceptable : [])]
  if (template === undefined) return [...validateProblem(answer, unknown), ...superfluous(answer)]

  // The heartbeat answers every method.
  const isHeartbeat = template === '/healthcheck/heartbeat/'
  const documented = isHeartbeat || method === 'HEAD' ? 'get' : method.toLowerCase()
  const operations = document.paths?.[template] as Operations
  const response = operations[documented]?.responses[answer.status]
  if (operations[documented] === undefined) return validateOther(method, template, answer)
  if (response === undefined) return [`${method} ${template} has no ${answer.status}`]

  const pointer = ['paths', template, documented, 'responses', String(answer.status)]
  const place = {validateAt: api.validateAt, pointer}
  const ofHeaders = validateHeaders(place, response.headers, answer)
  return [...ofHeaders, ...validateContent(method, place, response, answer)]
}

const notAcceptable: ProblemCode[] = ['not_acceptable']

type Place = Pick<Api, 'validateAt'> & {pointer: string[]}

function validateContent(
  method: string,
  {validateAt, pointer}: Place,
  {content}: DocumentedResponse,
  answer: Answered,
): string[] {
  const {status, headers, body} = answer
  if (content === undefined) return body === '' ? [] : [`${status} has a body`]
  if (method === 'HEAD') return body === '' ? [] : ['HEAD has a body']

  const type = headers.get('content-type')?.split(';', 1)[0] ?? ''
  if (content[type] === undefined) return [`${status} has no body of the type "${type}"`]
  return validateAt([...pointer, 'content', type, 'schema'], body)
}

/** Headers that clients act upon: an answer may have them only if the document says so. */
const telling = [
  'allow',
  'cache-control',
  'deprecation',
  'etag',
  'idempotent-replayed',
  'link',
  'retry-after',
  'www-authenticate',
]

function validateHeaders({validateAt, pointer}: Place, documented: DocumentedHeaders = {}, answer: Answered): string[] {
  const problems = Object.entries(documented).flatMap(([name, {required = false}]) => {
    const value = answer.headers.get(name)
    if (value === null) return required ? [`has no ${name}`] : []
    return validateAt([...pointer, 'headers', name, 'schema'], value).map((problem) => `${name}${problem}`)
  })
  return [...problems, ...superfluous(answer, Object.keys(documented))]
}

function superfluous({headers}: Answered, documented: string[] = []): string[] {
  const known = documented.map((name) => name.toLowerCase())
  return telling
    .filter((name) => headers.has(name) && !known.includes(name) && !isUsual(name, headers.get(name)))
    .map((name) => `has ${name}, which is not described`)
}

/** Of every answer that is not described otherwise. */
function isUsual(name: string, value: string | null): boolean {
  return name === 'cache-control' && value === 'private, no-store'
}

/** The problems that may be answered before the method is checked. */
const beforeTheMethod: ProblemCode[] = [
  'method_not_allowed',
  'not_acceptable',
  'not_authenticated',
  'invalid_token',
  'user_inactive',
  'database_unavailable',
  'internal_error',
]

/** Validates answers to OPTIONS and to unsupported methods, which the introduction of the document describes. */
function validateOther(method: string, template: string, answer: Answered): string[] {
  const {status, headers} = answer
  const expected = [
    ...(status === 405 || (method === 'OPTIONS' && status === 200) ? ['allow'] : []),
    ...(status === 401 ? ['www-authenticate'] : []),
    ...(status === 503 ? ['retry-after'] : []),
    ...(template.startsWith('/order/') ? ['deprecation', 'link'] : []),
  ]
  const missing = expected.filter((name) => !headers.has(name)).map((name) => `has no ${name}`)
  const isDescription = method === 'OPTIONS' && status === 200
  const ofBody = isDescription ? [] : validateProblem(answer, beforeTheMethod)
  return [...missing, ...superfluous(answer, expected), ...ofBody]
}

const problemSchema = createProblemSchemas()

function validateProblem({status, headers, body}: Answered, codes: ProblemCode[]): string[] {
  // An answer to HEAD.
  if (body === '') return []
  const type = headers.get('content-type')
  if (type?.startsWith('application/problem+json') !== true) return [`is ${type ?? 'of no type'}`]
  const one = codes.find((code) => problemSchema(code).safeParse(body).success)
  if (one === undefined) return [`is none of ${codes.join(', ')}`]
  return (body as {status: number}).status === status ? [] : ['has another status in its body']
}
