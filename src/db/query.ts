import type {Knex} from 'knex'

/** The rows of one SQL statement. Bindings are `?`; an array binding is one PostgreSQL array. */
export async function query<Row>(db: Knex, sql: string, bindings: readonly unknown[] = []): Promise<Row[]> {
  const {rows} = await db.raw<{rows: Row[]}>(sql, bindings as Knex.RawBinding[])
  return rows
}

/** The row of a statement that always returns exactly one. Any other number is a bug. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined || rows.length > 1) throw new Error(`Expected one row, and got ${rows.length}.`)
  return row
}

/** The role that a connection of the pool has. */
export async function currentRole(db: Knex): Promise<string> {
  return onlyRow(await query<{role: string}>(db, 'select current_user as role')).role
}
