import {readdir} from 'node:fs/promises'
import {parse} from 'node:path'

import type {Knex} from 'knex'

import {advisoryLock} from './locks.ts'
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

export type MigrationStatus = {applied: {name: string; migratedAt: string}[]; pending: string[]}

/**
 * Applies all pending migrations, or none if one fails. Returns their names, in order. Calls `onWait` if another process
 * is migrating the database.
 */
export async function migrateToLatest(db: Knex, {onWait}: {onWait?: () => void} = {}): Promise<string[]> {
  return underMigrationLock(db, onWait, async (trx) => {
    const [, names] = (await trx.migrate.latest({migrationSource})) as [number, string[]]
    return names
  })
}

/** Rolls back the migrations that the last `migrateToLatest` applied. Returns their names, in order. */
export async function rollbackMigrations(db: Knex): Promise<string[]> {
  return underMigrationLock(db, undefined, async (trx) => {
    const [, names] = (await trx.migrate.rollback({migrationSource})) as [number, string[]]
    return names
  })
}

/** Creates no table for migrations, so that an empty database stays empty. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const names = (await migrationSource.getMigrations([])).map((file) => migrationSource.getMigrationName(file))
  const isMigrated = await db.schema.hasTable('knex_migrations')
  const applied = isMigrated
    ? await db<{id: number; name: string; migration_time: string}>('knex_migrations').orderBy('id')
    : []
  const appliedNames = new Set(applied.map(({name}) => name))
  return {
    applied: applied.map((row) => ({name: row.name, migratedAt: row.migration_time})),
    pending: names.filter((name) => !appliedNames.has(name)),
  }
}

/**
 * Runs in one transaction that holds an advisory lock. Replicas that start at once queue up, and the lock of a killed one
 * ends with its connection, while a row in Knex's own lock table would stay locked.
 */
async function underMigrationLock<T>(
  db: Knex,
  onWait: (() => void) | undefined,
  run: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return db.transaction(async (trx) => {
    const [lock] = await query<{isFree: boolean}>(trx, 'select pg_try_advisory_xact_lock(?) as "isFree"', [
      advisoryLock.migrations,
    ])
    if (lock?.isFree !== true) {
      onWait?.()
      await trx.raw('select pg_advisory_xact_lock(?)', [advisoryLock.migrations])
    }
    return run(trx)
  })
}
