import type {components} from './schema.ts'

type Schemas = components['schemas']

/** Every refusal that the document describes, told apart by its `code`. */
export type Problem = Schemas[Extract<keyof Schemas, `${string}Problem`>]

/** A later shop may have more. */
export type ProblemCode = Problem['code'] | (string & {})

/** What the shop answered instead of doing what it was asked to. */
export class ShopProblem extends Error {
  override readonly name = 'ShopProblem'
  readonly status: number
  /** Undefined where something else than the shop answered, such as a proxy. */
  readonly code: ProblemCode | undefined
  readonly detail: string
  /** All that was answered: compare its `code` to get at the members of its own. Undefined where `code` is. */
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

type FetchedAnswer<Data> = {data?: Data; error?: unknown; response: Response}

/**
 * What an operation answers.
 * @throws ShopProblem where it is a refusal.
 */
export async function readAnswer<Data>(answer: Promise<FetchedAnswer<Data>>): Promise<Data> {
  const {data, error, response} = await answer
  if (data === undefined) throw new ShopProblem(response, error)
  return data
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('detail' in body)) return false
  return typeof body.code === 'string' && typeof body.detail === 'string'
}
