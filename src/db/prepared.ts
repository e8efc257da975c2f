import type {Knex} from 'knex'
import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {collectWrites} from './collect-writes.ts'

/**
 * A statement that runs often: a connection parses and plans it once, under its name, which nothing else may have. What
 * Knex's builder is to say is asked for once, of a database.
 */
export type PreparedStatement = SqlText | ((db: Knex) => SqlText)

type SqlText = {name: string; text: string}

/** Bindings are `?`. */
export function prepare(name: string, sql: string): PreparedStatement {
  let count = 0
  return {name, text: sql.replaceAll('?', () => `$${++count}`)}
}

export function prepareBuilt(
  name: string,
  build: (db: Knex) => {toSQL(): {toNative(): Knex.SqlNative}},
): PreparedStatement {
  let statement: SqlText | undefined
  return (db) => (statement ??= {name, text: build(db).toSQL().toNative().sql})
}

export async function queryPrepared<Row>(
  db: Knex,
  statement: PreparedStatement,
  bindings: readonly unknown[],
): Promise<Row[]> {
  return withConnection(db, async (connection) => runPrepared<Row>(db, connection, statement, bindings))
}

/**
 * By pg itself, on a connection of Knex's pool: what Knex does for each statement took longer than all else that an
 * order cost the program.
 */
export async function runPrepared<Row>(
  db: Knex,
  connection: PostgresConnection,
  statement: PreparedStatement,
  values: readonly unknown[],
): Promise<Row[]> {
  const {name, text} = typeof statement === 'function' ? statement(db) : statement
  collectWrites(connection)
  const {rows} = await connection.query({name, text, values})
  return rows as Row[]
}

/** A connection of the pool's, for as long as `run` takes. */
export async function withConnection<Result>(
  db: Knex,
  run: (connection: PostgresConnection) => Promise<Result>,
): Promise<Result> {
  const pool = db.client as {
    acquireConnection(): Promise<PostgresConnection>
    releaseConnection(connection: PostgresConnection): Promise<void>
  }
  const connection = await pool.acquireConnection()
  try {
    return await run(connection)
  } finally {
    await pool.releaseConnection(connection)
  }
}
