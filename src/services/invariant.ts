/** A statement that must be true in every snapshot of the tables, and a query for the rows that break it. */
export type Invariant = {
  name: string
  says: string
  sql: string
  bindings?: number[]
  /** Set if it takes well under a second however many orders there are. */
  isQuick?: true
}
