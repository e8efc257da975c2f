import {ShopError} from './shop-error.ts'

export type FixtureProblem = {
  /** Its place in the file: `line 3`, `products[2]`, `auth.user 7`. */
  record: string
  reason: string
}

export class InvalidFixtureError extends ShopError {
  readonly code = 'invalid_fixture'
  /** The first problems, in the order of the file. */
  readonly problems: FixtureProblem[]
  /** How many problems there are in total. */
  readonly count: number
  constructor(problems: FixtureProblem[], {count = problems.length, ...options}: ErrorOptions & {count?: number} = {}) {
    const shown = problems.slice(0, 20).map(({record, reason}) => `  ${record}: ${reason}`)
    const rest = count - shown.length
    super(
      [
        'The fixture was not loaded; nothing was changed.',
        ...shown,
        ...(rest > 0 ? [`  ... and ${rest} more`] : []),
      ].join('\n'),
      options,
    )
    this.problems = problems
    this.count = count
  }
}
