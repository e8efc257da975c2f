import type {Knex} from 'knex'

import {hasSqlState} from '../../db/errors.ts'
import {isReplica, NotOnReplicaError} from '../../db/replicas/replica.ts'
import {onlyRow, query} from '../../db/query.ts'
import {DatabaseUnavailableError} from '../../errors.ts'

/** An SQL condition for statements that read listings: whether to refresh the listings and read again. */
export const staleness = `
  exists (select from listing_refreshes where due_at <= statement_timestamp())
  or (select count(*) > 1000 from listing_counts)`

/** How many refreshes are applied at a time: a fraction of a second, even on a busy machine. */
const pieceSize = 500

/** Reads listings, again after a refresh if one is due, so that the rows are not older than the call. A replica cannot refresh. */
export async function readFresh<Row extends {isStale: boolean}>(db: Knex, read: () => Promise<Row[]>): Promise<Row[]> {
  const rows = await read()
  if (!rows[0]?.isStale) return rows
  if (isReplica(db)) throw new NotOnReplicaError('refresh')
  await refreshListings(db)
  // Refreshes that are due by now come from later commits, which the caller need not see.
  return read()
}

/** How long a refresh may take on a connection whose statements have a time limit. What was applied by then is kept. */
const mostMs = 10_000

/**
 * Brings the listings up to date with everything that was committed, and with the prices that took effect, before it
 * began. Each piece is a transaction of its own, unless the caller has one. It is READ COMMITTED, since it waits for a
 * concurrent refresh and must then see the result of it. Ends early if the signal aborts: the next reader goes on.
 */
async function refreshListings(db: Knex, signal?: AbortSignal): Promise<void> {
  const start = performance.now()
  while (signal?.aborted !== true) {
    const {applied, isLimited} = await refreshPiece(db).catch((error: unknown) => {
      // Several processes that refresh take turns, piece by piece.
      if (!hasSqlState(error, 'lockNotAvailable')) throw error
      return {applied: pieceSize, isLimited: true}
    })
    if (applied < pieceSize) return
    if (isLimited && performance.now() - start > mostMs) {
      throw new DatabaseUnavailableError('The list is still being brought up to date with many changes.')
    }
  }
}

/** The number of refreshes from which building the indexes again is quicker than updating them. */
const manyRefreshes = 50_000

/**
 * The same after a command that changed very many products. If it is most of them, the listings are locked for a fraction of
 * the time that the pieces would take.
 */
export async function refreshAfterMany(
  db: Knex,
  {fewest = manyRefreshes, signal}: {fewest?: number; signal?: AbortSignal | undefined} = {},
): Promise<void> {
  await query(db, 'select refresh_many_listings(?)', [fewest])
  await refreshListings(db, signal)
}

async function refreshPiece(db: Knex): Promise<{applied: number; isLimited: boolean}> {
  return onlyRow(
    await query<{applied: number; isLimited: boolean}>(
      db,
      `select refresh_listings(?) as applied, current_setting('statement_timeout') <> '0' as "isLimited"`,
      [pieceSize],
    ),
  )
}
