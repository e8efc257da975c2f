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
