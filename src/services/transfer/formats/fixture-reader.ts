import type {Currency} from '../../../money.ts'
import type {Stage} from '../stage/stage.ts'

/** Reads a format: each piece of the text as it comes, then the end. Throws InvalidFixtureError where it cannot go on. */
export type FixtureReader = {
  write: (text: string) => Promise<void> | void
  end: () => Promise<void> | void
}

/** Where records go, and the currency of amounts that name none. */
export type ReadOptions = {stage: Stage; currency: Currency}
