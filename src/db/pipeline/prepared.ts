import type {Knex} from 'knex'

import {withConnection} from '../connection.ts'
import {type NamedStatement, StatementGroup} from './statement-group.ts'

/** A statement that runs often. One that Knex's builder writes gets its text once it is first used on a database. */
export type PreparedStatement = NamedStatement | ((db: Knex) => NamedStatement)

/** Bindings are `?`. */
export function prepare(name: string, sql: string): NamedStatement {
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
