import type {Knex} from 'knex'

/** The rows of one SQL statement. Bindings are `?`; an array binding is one PostgreSQL array. */
export async function query<Row>(db: Knex, sql: string, bindings: readonly unknown[] = []): Promise<Row[]> {
  const {rows} = await db.raw<{rows: Row[]}>(sql, bindings as Knex.RawBinding[])
  return rows
}
