import type {components} from './schema.ts'

type Schemas = components['schemas']

/** Every refusal in the API description. Tell them apart by their `code`. */
export type Problem = Schemas[Extract<keyof Schemas, `${string}Problem`>]

/** A later version of the shop may have more codes. */
export type ProblemCode = Problem['code'] | (string & {})

/** A refusal of the shop. */
export class ShopProblem extends Error {
  override readonly name = 'ShopProblem'
  readonly status: number
  /** Undefined if something other than the shop answered, such as a proxy. */
  readonly code: ProblemCode | undefined
  readonly detail: string
  /** The whole answer: compare its `code` to access the members that are specific to it. Undefined if `code` is. */
  readonly problem: Problem | undefined
  readonly headers: Headers

  constructor({status, statusText, headers}: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined
    const detail = problem?.detail ?? `${status} ${statusText}`.trim()
    super(detail)
    this.status = status
    this.code = problem?.code
    this.detail = detail
    this.problem = problem
    this.headers = headers
  }
}

/** What openapi-fetch returns. */
export type FetchedAnswer<Data> = {data?: Data; error?: unknown; response: Response}

/**
 * Returns the body of a successful answer.
 * @throws ShopProblem for any other answer.
 */
export async function readAnswer<Data>(answer: Promise<FetchedAnswer<Data>>): Promise<Data> {
  const {data, error, response} = await answer
  if (data === undefined) throw new ShopProblem(response, error)
  return data
}

/** @throws ShopProblem for an answer that is not successful. For operations whose answer has no body. */
export async function requireSuccess(answer: Promise<FetchedAnswer<unknown>>): Promise<void> {
  const {error, response} = await answer
  if (!response.ok) throw new ShopProblem(response, error)
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('detail' in body)) return false
  return typeof body.code === 'string' && typeof body.detail === 'string'
}
