import {migrationSource} from '../../src/db/migrate.ts'

/** The migration that makes the tables. */
export const initial = '20261123000000_initial'

export const migrationCount = (await migrationSource.getMigrations([])).length
