import type {Knex} from 'knex'
import type {PostgresConnection} from 'knex/lib/dialects/postgres/index.js'

import {collectWrites} from './collect-writes.ts'

/** The rows of one SQL statement. Bindings are `?`; an array binding is one PostgreSQL array. */
export async function query<Row>(db: Knex, sql: string, bindings: readonly unknown[] = []): Promise<Row[]> {
  const {rows} = await db.raw<{rows: Row[]}>(sql, bindings as Knex.RawBinding[])
  return rows
}

/** A statement that runs often: a connection parses and plans it once, under its name, which nothing else may have. */
export type PreparedStatement = {name: string; text: string}

/** Bindings are `?`, as in `query`. */
export function prepare(name: string, sql: string): PreparedStatement {
  let count = 0
  return {name, text: sql.replaceAll('?', () => `$${++count}`)}
}

/** The same in the words of Knex's builder, which is asked for them once. */
export function prepareBuilt(
  name: string,
  build: (db: Knex) => {toSQL(): {toNative(): Knex.SqlNative}},
): (db: Knex) => PreparedStatement {
  let statement: PreparedStatement | undefined
  return (db) => (statement ??= {name, text: build(db).toSQL().toNative().sql})
}

export async function queryPrepared<Row>(
  db: Knex,
  statement: PreparedStatement,
  bindings: readonly unknown[],
): Promise<Row[]> {
  const client = db.client as ConnectionSource
  const connection = await client.acquireConnection()
  try {
    return await run<Row>(connection, statement, bindings)
  } finally {
    await client.releaseConnection(connection)
  }
}

/** A statement on its way to the server. A failure is for whoever waits for the answer. */
export type Sent<Result> = {answer: Promise<Result>}

/**
 * Puts a statement of a transaction on its way and does not wait for its answer: the next one follows it on the wire.
 * Where one fails, those after it fail too, and a COMMIT rolls back.
 */
export async function sendPrepared<Row>(
  trx: Knex.Transaction,
  statement: PreparedStatement,
  bindings: readonly unknown[] = [],
): Promise<Sent<Row[]>> {
  const connection = await (trx.client as ConnectionSource).acquireConnection()
  // The connection may be another transaction's by now, or in none.
  if (trx.isCompleted()) throw new Error(`The transaction of the statement ${statement.name} has ended.`)
  return handled(run<Row>(connection, statement, bindings))
}

/** Of a transaction, the one that it is on. */
type ConnectionSource = {
  acquireConnection(): Promise<PostgresConnection>
  releaseConnection(connection: PostgresConnection): Promise<void>
}

/** By pg itself: what Knex does for each statement takes longer than all else that an order costs the program. */
async function run<Row>(
  connection: PostgresConnection,
  statement: PreparedStatement,
  bindings: readonly unknown[],
): Promise<Row[]> {
  collectWrites(connection)
  const {rows} = await connection.query({...statement, values: bindings})
  return rows as Row[]
}

export function map<Result, Mapped>(sent: Sent<Result>, change: (result: Result) => Mapped): Sent<Mapped> {
  return handled(sent.answer.then(change))
}

/** Nobody may come to wait for it: when an earlier one fails, the rest is given up. */
function handled<Result>(answer: Promise<Result>): Sent<Result> {
  answer.catch(() => undefined)
  return {answer}
}
