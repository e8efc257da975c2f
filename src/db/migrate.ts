import {readdir} from 'node:fs/promises'
import {parse} from 'node:path'

import type {Knex} from 'knex'

import {PermissionDeniedError, SchemaNewerError, SchemaOutdatedError} from '../errors.ts'
import {changeTables, type MigrationWaits} from './change-tables.ts'
import {hasSqlState, messageOf} from './errors.ts'
import {findGrants, grantAll} from './grants.ts'
import {query} from './query.ts'

/** In the build this file is dist/src/db/migrate.js, and the migrations are in dist/migrations. */
const directory = new URL('../../migrations/', import.meta.url)

/**
 * Names migrations without their extension. Knex's own source records `.ts` from a checkout and `.js` from a build,
 * and then refuses a database that has seen the other.
 */
export const migrationSource: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(directory)
    return files.filter((file) => /^\d{14}_\w+\.[jt]s$/.test(file)).sort()
  },
  getMigrationName: (file) => parse(file).name,
  getMigration: async (file) => import(new URL(file, directory).href) as Promise<Knex.Migration>,
}

export type AppliedMigration = {name: string; migratedAt: string}

export type MigrationStatus = {
  /** In the order in which they were applied. */
  applied: AppliedMigration[]
  pending: string[]
  /** Applied by another version of the shop, which is newer. */
  unknown: AppliedMigration[]
}

/**
 * Applies all pending migrations, or none if one fails. Returns their names, in order. Each is a batch of its own, so
 * that Knex's own rollback undoes one as well. Lets the role `grantTo`, which owns nothing, use the tables. Writes nothing
 * if there is nothing to do. Throws SchemaNewerError.
 */
export async function migrateToLatest(
  db: Knex,
  {grantTo, ...waits}: MigrationWaits & {grantTo?: string | undefined} = {},
): Promise<string[]> {
  const isMigrated = (await findPending(db)).length === 0
  if (isMigrated && (grantTo === undefined || (await findGrants(db, grantTo)).length === 0)) return []
  try {
    return await changeTables(db, waits, async (trx) => {
      const applied = await migrateInside(trx)
      if (grantTo !== undefined) await grantAll(trx, grantTo)
      return applied
    })
  } catch (error) {
    if (!hasSqlState(error, 'insufficientPrivilege')) throw error
    throw new PermissionDeniedError(`This database role may not migrate: ${messageOf(error)}. Nothing was changed.`, {
      cause: error,
      hint: 'Run `shop migrate` as the role that owns the tables, or set SHOP_MIGRATE_URL to a URL with that role.',
    })
  }
}

/** The same in a transaction that holds the lock of migrations. */
export async function migrateInside(trx: Knex.Transaction): Promise<string[]> {
  const pending = await findPending(trx)
  await requireLockTable(trx)
  for (const name of pending) await trx.migrate.up({migrationSource, name})
  return pending
}

/**
 * Migrates before a server starts. With `servesNewer`, it also serves on a newer schema: every migration keeps the version
 * before it working, so that an operator can go back to it. Throws SchemaNewerError.
 */
export async function migrateForServing(
  db: Knex,
  {
    warn,
    servesNewer,
    ...options
  }: Parameters<typeof migrateToLatest>[1] & {warn: (text: string) => void; servesNewer: boolean},
): Promise<string[]> {
  const {pending, unknown} = await migrationStatus(db)
  if (unknown.length === 0 || pending.length > 0) return migrateToLatest(db, options)
  const names = unknown.map(({name}) => name)
  if (!servesNewer) {
    throw new SchemaNewerError(names, {
      hint: 'To go back to this version after a release went wrong, set SHOP_NEWER_SCHEMA=serve.',
    })
  }
  warn(`${new SchemaNewerError(names).message} This one serves as long as the new schema lets it.`)
  return []
}

async function findPending(db: Knex): Promise<string[]> {
  const {pending, unknown} = await migrationStatus(db)
  if (unknown.length > 0) throw new SchemaNewerError(unknown.map(({name}) => name))
  return pending
}

/** Creates no table for migrations, so that an empty database stays empty. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const isMigrated = await db.schema.hasTable('knex_migrations')
  const rows = isMigrated
    ? await db<{id: number; name: string; migration_time: string}>('knex_migrations').orderBy('id')
    : []
  const known = await migrationNames()
  const all = rows.map((row) => ({name: row.name, migratedAt: row.migration_time}))
  return {
    applied: all.filter(({name}) => known.includes(name)),
    pending: known.filter((name) => !all.some((one) => one.name === name)),
    unknown: all.filter(({name}) => !known.includes(name)),
  }
}

/** Throws SchemaOutdatedError or SchemaNewerError unless exactly this version's migrations are applied. */
export async function requireCurrentSchema(db: Knex): Promise<void> {
  const names = await findApplied(db)
  if (!names) return
  const known = await migrationNames()
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new SchemaNewerError(unknown)
  if (!known.every((name) => names.includes(name))) throw new SchemaOutdatedError({isEmpty: names.length === 0})
}

/**
 * Returns a check that throws SchemaOutdatedError if the database lacks migrations. Of a server that runs, the files may
 * have been replaced, so those at the start count.
 */
export function createSchemaCheck(db: Knex): () => Promise<void> {
  let known: Promise<string[]> | undefined
  return async () => {
    known ??= migrationNames()
    const [names, applied] = [await known, await findApplied(db)]
    if (applied && !names.every((name) => applied.includes(name))) throw new SchemaOutdatedError()
  }
}

/** Undefined if the role may not read Knex's table, which one that may use the shop's tables need not. */
async function findApplied(db: Knex): Promise<string[] | undefined> {
  try {
    const rows = await query<{name: string}>(db, 'select name from knex_migrations order by id')
    return rows.map(({name}) => name)
  } catch (error) {
    if (hasSqlState(error, 'undefinedTable')) return []
    if (hasSqlState(error, 'insufficientPrivilege')) return undefined
    throw error
  }
}

async function migrationNames(): Promise<string[]> {
  const files = await migrationSource.getMigrations([])
  return files.map((file) => migrationSource.getMigrationName(file))
}

/** Knex would report that it may not write its lock table as an error without a SQLSTATE. */
export async function requireLockTable(trx: Knex.Transaction): Promise<void> {
  if (!(await trx.schema.hasTable('knex_migrations_lock'))) return
  await trx.raw('update knex_migrations_lock set is_locked = is_locked where false')
}
