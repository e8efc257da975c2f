import {ShopError} from './shop-error.ts'

export type FixtureProblem = {
  /** Its place in the file: `line 3`, `products[2]`, `auth.user 7`. */
  record: string
  reason: string
}

type Counted = ErrorOptions & {count?: number}

export class InvalidFixtureError extends ShopError {
  readonly code = 'invalid_fixture'
  /** The first problems, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many problems there are in total. */
  readonly count: number
  constructor(problems: FixtureProblem[], {count = problems.length, ...options}: Counted = {}) {
    super(describeProblems('The fixture was not loaded; nothing was changed.', problems, count), options)
    this.problems = problems
    this.count = count
  }
}

/** A file of changes to products that cannot be applied. */
export class InvalidUpdateError extends ShopError {
  readonly code = 'invalid_update'
  /** The first problems, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many problems there are in total. */
  readonly count: number
  constructor(problems: FixtureProblem[], {count = problems.length, ...options}: Counted = {}) {
    super(describeProblems('No product was updated; nothing was changed.', problems, count), options)
    this.problems = problems
    this.count = count
  }
}

function describeProblems(heading: string, problems: FixtureProblem[], count: number): string {
  const shown = problems.slice(0, 20).map(({record, reason}) => `  ${record}: ${reason}`)
  const rest = count - shown.length
  return [heading, ...shown, ...(rest > 0 ? [`  ... and ${rest} more`] : [])].join('\n')
}
