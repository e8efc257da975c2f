import type {Knex} from 'knex'

import type {Config} from '../config.ts'
import {hasSqlState, isConnectionError} from '../db/errors.ts'
import {type Database, openDatabase, type OpenOptions} from '../db/open.ts'
import {DatabaseUnavailableError, SchemaOutdatedError} from '../errors.ts'

export type DatabaseOptions = Partial<OpenOptions>

/** Opens the shop's database for `run`, and always closes it. Expected database failures become ShopErrors. */
export async function runOnDatabase<T>(
  config: Config,
  run: (db: Knex, database: Database) => Promise<T>,
  options: DatabaseOptions = {},
): Promise<T> {
  const {database: location, poolSize, databaseWaitSeconds} = config
  const database = await openDatabase(location, {poolSize, waitSeconds: databaseWaitSeconds, ...options})
  try {
    return await run(database.db, database)
  } catch (error) {
    throw translate(error)
  } finally {
    await database.close()
  }
}

function translate(error: unknown): unknown {
  if (hasSqlState(error, 'undefinedTable', 'undefinedColumn')) {
    return new SchemaOutdatedError({cause: error})
  }
  if (isConnectionError(error)) {
    const reason = error instanceof Error ? error.message : String(error)
    return new DatabaseUnavailableError(`The connection to the database was lost: ${reason}`, {cause: error})
  }
  return error
}
