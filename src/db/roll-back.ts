import type {Knex} from 'knex'

import {SchemaNewerError, ShopServingError} from '../errors.ts'
import {changeTables} from './change-tables.ts'
import {advisoryLock} from './locks.ts'
import {migrationSource, migrationStatus, requireLockTable} from './migrate.ts'
import {onlyRow, query} from './query.ts'

/** What the rollback of one migration drops. */
export type Rollback = {
  database: string
  migration: string
  tables: {table: string; rows: number}[]
  /** Dropped columns of tables that stay, with the number of rows that have a value in them. */
  columns: {table: string; column: string; rows: number}[]
}

/** Finds out what `rollBack` would drop, by rolling back and undoing that. Undefined if no migration is applied. */
export async function planRollback(
  db: Knex,
  source: Partial<typeof migrationSource> = {},
): Promise<Rollback | undefined> {
  return underRollbackLocks(db, async (trx) => {
    const migration = await findLast(trx)
    if (migration === undefined) return undefined
    const {database} = onlyRow(await query<{database: string}>(trx, 'select current_database() as database'))
    const before = await findColumns(trx)
    const after = await undone(trx, async (attempt) => {
      await attempt.migrate.down({migrationSource: {...migrationSource, ...source}, name: migration})
      return findColumns(attempt)
    })
    return {database, migration, ...(await countDropped(trx, before, after))}
  })
}

/** Rolls back the migration that was applied last. Throws if that is not the planned one any more. */
export async function rollBack(db: Knex, {migration}: Pick<Rollback, 'migration'>): Promise<void> {
  await underRollbackLocks(db, async (trx) => {
    const last = await findLast(trx)
    if (last !== migration) throw new Error(`The last migration is ${last ?? 'none'} by now. Nothing was rolled back.`)
    await trx.migrate.down({migrationSource, name: migration})
  })
}

/** Throws ShopServingError while a shop serves. One that starts waits until the rollback has ended. */
async function underRollbackLocks<T>(db: Knex, run: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return changeTables(db, {}, async (trx) => {
    const sql = 'select pg_try_advisory_xact_lock(?) as "isFree"'
    const {isFree} = onlyRow(await query<{isFree: boolean}>(trx, sql, [advisoryLock.serving]))
    if (!isFree) throw new ShopServingError()
    await requireLockTable(trx)
    return run(trx)
  })
}

async function findLast(trx: Knex.Transaction): Promise<string | undefined> {
  const {applied, unknown} = await migrationStatus(trx)
  if (unknown.length > 0) throw new SchemaNewerError(unknown.map(({name}) => name))
  return applied.at(-1)?.name
}

type Column = {table: string; column: string}

/** The columns of all tables, with names that are quoted where SQL needs it. */
async function findColumns(trx: Knex.Transaction): Promise<Column[]> {
  return query<Column>(
    trx,
    `select pg_class.oid::regclass::text as "table", quote_ident(attname) as "column"
     from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace
     join pg_attribute on attrelid = pg_class.oid
     where relkind in ('r', 'p') and nspname <> 'information_schema' and nspname not like 'pg\\_%'
       and attnum > 0 and not attisdropped
     order by 1, attnum`,
  )
}

async function countDropped(
  trx: Knex.Transaction,
  before: Column[],
  after: Column[],
): Promise<Pick<Rollback, 'columns' | 'tables'>> {
  const kept = new Set(after.map(({table}) => table))
  const keptColumns = new Set(after.map(({table, column}) => `${table}.${column}`))
  const tables = [...new Set(before.map(({table}) => table))].filter((table) => !kept.has(table))
  const columns = before.filter(({table, column}) => kept.has(table) && !keptColumns.has(`${table}.${column}`))

  const dropped: Pick<Rollback, 'columns' | 'tables'> = {tables: [], columns: []}
  for (const table of tables) dropped.tables.push({table, rows: await count(trx, '*', table)})
  for (const {table, column} of columns) dropped.columns.push({table, column, rows: await count(trx, column, table)})
  return dropped
}

async function count(trx: Knex.Transaction, what: string, table: string): Promise<number> {
  return onlyRow(await query<{count: number}>(trx, `select count(${what}) from ${table}`)).count
}

/** Returns the result of `run` and undoes all that it wrote. */
async function undone<T>(trx: Knex.Transaction, run: (attempt: Knex.Transaction) => Promise<T>): Promise<T> {
  const results: T[] = []
  const undo = new Error('This undoes an attempt.')
  try {
    await trx.transaction(async (attempt) => {
      results.push(await run(attempt))
      throw undo
    })
  } catch (error) {
    if (error !== undo) throw error
  }
  return onlyRow(results)
}
