import type {Client} from 'pg'

import {UnreplicatedCommitError} from './errors.ts'

/** What pg keeps to itself. */
type Internals = {
  connection: unknown
  _activeQuery: {handleReadyForQuery: () => void; handleError: (error: Error, connection: unknown) => void} | null
}

/**
 * Fails a COMMIT, or a statement that commits itself, if the server stopped waiting for its standbys: because somebody
 * cancelled it, or because the server is being shut down. It says so in a warning only, and then that it has committed.
 * `onFailure` is called at once.
 */
export function failUnreplicated(client: Client, onFailure: (error: Error) => void): void {
  client.on('notice', ({routine}: {routine?: string | undefined}) => {
    // The only part that is the same in all languages and versions. The SQLSTATE is that of any warning.
    if (routine !== 'SyncRepWaitForLSN') return
    const error = new UnreplicatedCommitError()
    onFailure(error)
    const {_activeQuery: active, connection} = client as unknown as Internals
    if (active) {
      active.handleReadyForQuery = () => {
        active.handleError(error, connection)
      }
    }
  })
}
