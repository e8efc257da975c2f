import type {Knex} from 'knex'
import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {type NamedStatement, StatementGroup} from './statement-group.ts'

/** A statement that runs often. What Knex's builder is to say is asked for once, of a database. */
export type PreparedStatement = NamedStatement | ((db: Knex) => NamedStatement)

/** Bindings are `?`. */
export function prepare(name: string, sql: string): PreparedStatement {
  let count = 0
  return {name, text: sql.replaceAll('?', () => `$${++count}`)}
}

export function prepareBuilt(
  name: string,
  build: (db: Knex) => {toSQL(): {toNative(): Knex.SqlNative}},
): PreparedStatement {
  let statement: NamedStatement | undefined
  return (db) => (statement ??= {name, text: build(db).toSQL().toNative().sql})
}

export function named(db: Knex, statement: PreparedStatement): NamedStatement {
  return typeof statement === 'function' ? statement(db) : statement
}

export async function queryPrepared<Row>(
  db: Knex,
  statement: PreparedStatement,
  bindings: readonly unknown[],
): Promise<Row[]> {
  return withConnection(db, async (connection) => {
    const group = new StatementGroup()
    const rows = group.add(named(db, statement), bindings)
    group.send(connection)
    return rows as Promise<Row[]>
  })
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
