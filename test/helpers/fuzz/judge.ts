import type {Answered} from '../validate-answer.ts'
import type {FuzzRequest} from './requests.ts'

/** The problems that a request which the document allows must never get. */
const malformed = [
  'bad_request',
  'invalid',
  'invalid_idempotency_key',
  'invalid_token',
  'method_not_allowed',
  'not_acceptable',
  'not_authenticated',
  'not_found',
  'parse_error',
  'unsupported_media_type',
]

/**
 * Fields with rules that the document can only describe in words: how many decimals a currency has, that a cursor
 * excludes a page, and that the items of a form need both fields.
 */
const saidInWords = ['cursor', 'expected_total', 'items']

const members = ['type', 'title', 'status', 'detail', 'code']

/** Lists why this answer to this request is wrong, although it matches the document. */
export function findFaults(request: FuzzRequest, {status, body}: Answered): string[] {
  const {operationId, verdict, headers} = request
  if (status >= 500) return [`was answered ${status}`]
  if (operationId === undefined) return []
  const isRefused = status >= 400
  if (verdict === 'invalid') return isRefused ? [] : [`is not allowed by the document, but was answered ${status}`]
  if (verdict !== 'valid' || !isRefused) return []

  const problem = body as {code: string}
  if (!malformed.includes(problem.code)) return []
  // Nobody can guess a payment of the provider, and an unknown one has no other answer.
  if (/^(complete|show)Test(Action|Setup)$/.test(operationId) && problem.code === 'not_found') return []
  const fields = Object.keys(problem).filter((name) => !members.includes(name))
  const isForm = headers.some(([name, value]) => name === 'content-type' && !/json/i.test(value))
  const further = saidInWords.filter((name) => name !== 'items' || isForm)
  if (problem.code === 'invalid' && fields.length > 0 && fields.every((name) => further.includes(name))) return []
  return [`is allowed by the document, but was answered ${status} ${problem.code}`]
}
