import {type EventEmitter, once} from 'node:events'

import type {Knex} from 'knex'

/** The rows of one SQL statement. Bindings are `?`; an array binding is one PostgreSQL array. */
export async function query<Row>(db: Knex, sql: string, bindings: readonly unknown[] = []): Promise<Row[]> {
  const {rows} = await db.raw<{rows: Row[]}>(sql, bindings as Knex.RawBinding[])
  return rows
}

/**
 * The same for a statement that runs often: a connection parses and plans it once, under its name. The text of a name
 * must never change.
 */
export async function queryPrepared<Row>(...statement: PreparedStatement): Promise<Row[]> {
  const {rows} = await prepared(...statement)
  return rows as Row[]
}

type PreparedStatement = [db: Knex, name: string, sql: string, bindings: readonly unknown[]]

function prepared(...[db, name, sql, bindings]: PreparedStatement): Knex.Raw<{rows: unknown[]}> {
  return db.raw<{rows: unknown[]}>(sql, bindings as Knex.RawBinding[]).options({name})
}

/** A statement on its way to the server. A failure is for whoever waits for the answer. */
export type Sent<Result> = {answer: Promise<Result>}

/**
 * Puts a statement of a transaction on its way and does not wait for its answer: the next one follows it on the wire.
 * Where one fails, those after it fail too, and a COMMIT rolls back.
 */
export async function send<Result>(statement: Knex.ChainableInterface<Result>): Promise<Sent<Result>> {
  // Its types leave out that a builder is an emitter, as a raw statement is.
  const isSent = once(statement as unknown as EventEmitter, 'query')
  const sent = handled(Promise.resolve(statement) as Promise<Result>)
  await Promise.race([isSent, sent.answer])
  return sent
}

export async function sendPrepared<Row>(...statement: PreparedStatement): Promise<Sent<Row[]>> {
  return map(await send(prepared(...statement)), ({rows}) => rows as Row[])
}

export function map<Result, Mapped>(sent: Sent<Result>, change: (result: Result) => Mapped): Sent<Mapped> {
  return handled(sent.answer.then(change))
}

/** Nobody may come to wait for it: when an earlier one fails, the rest is given up. */
function handled<Result>(answer: Promise<Result>): Sent<Result> {
  answer.catch(() => undefined)
  return {answer}
}
