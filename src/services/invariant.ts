import type {Scope} from './audit-since/scopes.ts'

/** A statement that must be true in every snapshot of the tables, and a query for the rows that break it. */
export type Invariant = {
  name: string
  says: string
  sql: string
  bindings?: number[]
  /** Set if it takes well under a second however many orders there are. */
  isQuick?: true
  /** Which part of the history it reads, unless it reads none. */
  scope?: Scope
}
