import {ux} from '@oclif/core'
import type {Knex} from 'knex'
import pg from 'pg'

import type {Config, DatabaseLocation} from '../config.ts'
import {describeLocation, serverConnection} from '../db/connect.ts'
import {readHosts} from '../db/hosts.ts'
import {requireCurrentSchema} from '../db/migrate.ts'
import {type Database, openDatabase, type OpenOptions} from '../db/open.ts'
import {whileServing} from '../db/serving.ts'
import {ConfigurationError, DatabaseUnavailableError} from '../errors.ts'
import {explainFailure} from './database-failures.ts'

export type DatabaseOptions = Partial<OpenOptions> & {
  /** `current` refuses a database with another version's schema before `run` starts. */
  schema?: 'any' | 'current'
  /** Connects as the role of SHOP_MIGRATE_URL, if there is one: for what changes tables, not only their rows. */
  asOwner?: boolean
  /** Keeps `shop migrate rollback` from running meanwhile. */
  isServing?: boolean
}

/** Opens the shop's database for `run`, and always closes it. Expected database failures become ShopErrors. */
export async function runOnDatabase<T>(
  config: Config,
  run: (db: Knex, database: Database) => Promise<T>,
  {schema = 'current', isServing = false, asOwner = false, ...options}: DatabaseOptions = {},
): Promise<T> {
  const {poolSize, prepared, databaseWaitSeconds, embeddedLingerSeconds} = config
  const owner = asOwner ? config.owner : undefined
  const location = owner ?? config.database
  requireUsableLocation(location, owner ? 'SHOP_MIGRATE_URL' : 'DATABASE_URL')
  for (const url of config.replicas?.urls ?? []) requireUsableLocation({kind: 'url', url}, 'DATABASE_REPLICA_URL')
  // What stops a server waits for its database to stop as well.
  const lingerSeconds = isServing ? 0 : embeddedLingerSeconds
  const openOptions = {poolSize, prepared, waitSeconds: databaseWaitSeconds, lingerSeconds, ...options}
  const database = await open(location, openOptions).catch((error: unknown) => {
    throw owner ? hintAtOwner(error) : error
  })
  try {
    if (schema === 'current') await requireCurrentSchema(database.db)
    if (!isServing) return await run(database.db, database)
    return await whileServing(database.openPool({poolSize: 1, name: 'shop serve'}), async () =>
      run(database.db, database),
    )
  } catch (error) {
    // A fixture can be loaded without the owner, but into the current schema only.
    const needsOwner = asOwner && schema === 'any' && !config.owner
    throw await explainFailure(error, database.db, {needsOwner})
  } finally {
    await database.close()
  }
}

async function open(location: DatabaseLocation, options: OpenOptions): Promise<Database> {
  try {
    return await openDatabase(location, {onWait: sayWaiting(location), ...options})
  } catch (error) {
    throw await explainFailure(error)
  }
}

/** The usual hints name the settings of the shop's own role. */
function hintAtOwner(error: unknown): unknown {
  if (!(error instanceof DatabaseUnavailableError)) return error
  const hint = 'Check the server, the database, the user and the password in SHOP_MIGRATE_URL.'
  return new DatabaseUnavailableError(error.message, {cause: error.cause, hint})
}

function sayWaiting(location: DatabaseLocation): (reason: string) => void {
  return (reason) => {
    ux.stderr(`Waiting for PostgreSQL at ${describeLocation(location)}: ${reason}. Press Ctrl-C to stop.`)
  }
}

/** pg reads the URL and the files that it names for every connection, and would fail only then. */
function requireUsableLocation(location: DatabaseLocation, variable: string): void {
  if (location.kind === 'embedded') return
  try {
    for (const {settings} of readHosts(serverConnection(location)).all) new pg.Client(settings)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`${variable} cannot be used: ${reason}.`, {
      hint: 'Use a URL such as postgres://user:password@host:5432/database, and files that exist.',
    })
  }
}
