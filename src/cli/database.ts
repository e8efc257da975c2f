import type {Knex} from 'knex'

import type {Config} from '../config.ts'
import {hasSqlState, isConnectionError} from '../db/errors.ts'
import {openDatabase} from '../db/open.ts'
import {DatabaseUnavailableError, SchemaOutdatedError} from '../errors.ts'

/** Opens the shop's database for `run`, and always closes it. Expected database failures become ShopErrors. */
export async function runOnDatabase<T>(config: Config, run: (db: Knex) => Promise<T>): Promise<T> {
  const {database, poolSize, databaseWaitSeconds} = config
  const {db, close} = await openDatabase(database, {poolSize, waitSeconds: databaseWaitSeconds})
  try {
    return await run(db)
  } catch (error) {
    throw translate(error)
  } finally {
    await close()
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
