import {setTimeout as delay} from 'node:timers/promises'
import {isDeepStrictEqual} from 'node:util'

import knex, {type Knex} from 'knex'

import type {DatabaseLocation} from '../config.ts'
import {DatabaseUnavailableError} from '../errors.ts'
import {isConnectionError} from './errors.ts'
import {typeParsers} from './types.ts'

/** The address of a server and the account to use there, as pg takes them. */
export type ConnectionSettings =
  {connectionString: string} | {host: string; port: number; database: string; user: string; password?: string}

export function serverConnection(location: Exclude<DatabaseLocation, {kind: 'embedded'}>): ConnectionSettings {
  if (location.kind === 'url') return {connectionString: location.url}
  const {host, port, database, user, password} = location
  return {host, port, database, user, ...(password !== undefined && {password})}
}

/** Makes a connection pool. It opens connections as they are needed, the first one for the first query. */
export function connect(settings: () => ConnectionSettings, {poolSize}: {poolSize: number}): Knex {
  return knex({
    client: 'pg',
    connection: () => currentSettings(settings),
    pool: {min: 0, max: poolSize},
    acquireConnectionTimeout: 30_000,
    // Knex would also print failures that it throws.
    log: {warn: ignore, error: ignore},
  })
}

/**
 * If the settings change, as they may when the embedded server restarts, Knex drops its open connections and asks for the
 * settings again.
 */
function currentSettings(settings: () => ConnectionSettings): Knex.PgConnectionConfig {
  const current = {...settings()}
  return {
    ...current,
    types: typeParsers,
    application_name: 'shop',
    keepAlive: true,
    expirationChecker: () => !isDeepStrictEqual(current, {...settings()}),
  }
}

/**
 * Waits at most `seconds` until the database answers. Throws DatabaseUnavailableError, at once if the server refuses the
 * connection, as it does for a wrong password or database name.
 */
export async function waitForDatabase(db: Knex, {seconds}: {seconds: number}): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    try {
      await db.raw('select 1')
      return
    } catch (error) {
      const reason = error instanceof Error ? describe(error) : String(error)
      if (!isConnectionError(error)) {
        throw new DatabaseUnavailableError(`The database refuses the connection: ${reason}`, {cause: error})
      }
      if (Date.now() + pause > deadline) {
        throw new DatabaseUnavailableError(
          `The database did not answer within ${seconds} seconds: ${reason}. ` +
            'Check that it is running, and that DATABASE_URL or POSTGRES_HOST, POSTGRES_PORT, ... point to it.',
          {cause: error},
        )
      }
    }
    await delay(pause)
  }
}

/** If a host has several addresses and none can be reached, the error is an AggregateError without a message. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => (one as Error).message).join('; ')
  return error.message
}

function ignore(): void {
  return undefined
}
