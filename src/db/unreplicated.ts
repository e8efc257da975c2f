import type {Client} from 'pg'

import {UnreplicatedCommitError} from './errors.ts'
import {internalsOf} from './pg-internals.ts'

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
    const {_activeQuery: active, connection} = internalsOf(client)
    if (active) {
      active.handleReadyForQuery = () => {
        active.handleError(error, connection)
      }
    }
  })
}
