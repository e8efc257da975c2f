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
export async function queryPrepared<Row>(
  db: Knex,
  name: string,
  sql: string,
  bindings: readonly unknown[],
): Promise<Row[]> {
  const {rows} = (await db.raw(sql, bindings as Knex.RawBinding[]).options({name})) as {rows: Row[]}
  return rows
}
