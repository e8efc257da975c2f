import type {Client} from 'pg'
import type {ProtocolConnection} from 'pg/lib/connection.js'

export type ActiveQuery = {
  name?: string
  text?: string
  handleCommandComplete?: () => void
  handleReadyForQuery: () => void
  handleError: (error: Error, connection: ProtocolConnection) => void
}

/** What pg's types leave out of its client. docs/how-to.md lists the tests to run after an upgrade of pg. */
export type PgInternals = {
  connection: ProtocolConnection
  readyForQuery: boolean
  /** The server's process, if no pooler is in between. */
  processID: number | null
  /** Of the last answer: `I` outside of a transaction. */
  _txStatus: string | null
  _activeQuery: ActiveQuery | null
}

export function internalsOf(client: Client): PgInternals {
  return client as unknown as PgInternals
}
