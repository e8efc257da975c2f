import type {Knex} from 'knex'
import type {Client} from 'pg'

/**
 * Lends a connection of pg for as long as `run` takes: one of the connection pool's, or for a transaction its only one.
 * Knex keeps these two methods out of its types, but its own query runner uses them.
 */
export async function withConnection<Result>(db: Knex, run: (connection: Client) => Promise<Result>): Promise<Result> {
  const pool = db.client as {
    acquireConnection(): Promise<Client>
    releaseConnection(connection: Client): Promise<void>
  }
  const connection = await pool.acquireConnection()
  try {
    return await run(connection)
  } finally {
    await pool.releaseConnection(connection)
  }
}

/** How many connections of a pool are in use and idle, how many queries wait for one, and the most that it may have. */
export type PoolUse = {used: number; idle: number; waiting: number; max: number}

/** Undefined after the pool was closed. Knex keeps its pool out of its types, but documents it for monitoring. */
export function poolUse(db: Knex): PoolUse | undefined {
  const {pool} = db.client as {
    pool?: {max: number; numFree(): number; numPendingAcquires(): number; numUsed(): number}
  }
  if (!pool) return undefined
  return {used: pool.numUsed(), idle: pool.numFree(), waiting: pool.numPendingAcquires(), max: pool.max}
}
