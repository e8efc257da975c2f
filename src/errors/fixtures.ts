import {ShopError} from './shop-error.ts'

export type FixtureProblem = {
  /** Its place in the file: `line 3`, `products[2]`, `auth.user 7`. */
  record: string
  reason: string
}

type Counted = ErrorOptions & {count?: number}

abstract class InvalidFileError extends ShopError {
  /** The first problems, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many problems there are in total. */
  readonly count: number
  constructor(heading: string, problems: FixtureProblem[], {count = problems.length, ...options}: Counted = {}) {
    super(describeProblems(heading, problems, count), options)
    this.problems = problems
    this.count = count
  }
}

export class InvalidFixtureError extends InvalidFileError {
  readonly code = 'invalid_fixture'
  constructor(problems: FixtureProblem[], options?: Counted) {
    super('The fixture was not loaded; nothing was changed.', problems, options)
  }
}

/** A file of changes to products that cannot be applied. */
export class InvalidUpdateError extends InvalidFileError {
  readonly code = 'invalid_update'
  constructor(problems: FixtureProblem[], options?: Counted) {
    super('No product was updated; nothing was changed.', problems, options)
  }
}

function describeProblems(heading: string, problems: FixtureProblem[], count: number): string {
  const shown = problems.slice(0, 20).map(({record, reason}) => `  ${record}: ${reason}`)
  const rest = count - shown.length
  return [heading, ...shown, ...(rest > 0 ? [`  ... and ${rest} more`] : [])].join('\n')
}
