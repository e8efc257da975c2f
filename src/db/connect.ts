import {setTimeout as delay} from 'node:timers/promises'
import {isDeepStrictEqual} from 'node:util'

import knex, {type Knex} from 'knex'

import type {DatabaseLocation} from '../config.ts'
import {DatabaseUnavailableError} from '../errors.ts'
import {isConnectionError} from './errors.ts'
import {typeParsers} from './types.ts'

/** How pg reaches a server. */
export type ConnectionSettings =
  {connectionString: string} | {host: string; port: number; database: string; user: string; password?: string}

export function serverConnection(location: Exclude<DatabaseLocation, {kind: 'embedded'}>): ConnectionSettings {
  if (location.kind === 'url') return {connectionString: location.url}
  const {host, port, database, user, password} = location
  return {host, port, database, user, ...(password !== undefined && {password})}
}

/** A pool that opens connections as they are needed; nothing is contacted before the first query. */
export function connect(settings: () => ConnectionSettings, {poolSize}: {poolSize: number}): Knex {
  return knex({
    client: 'pg',
    connection: () => currentSettings(settings),
    pool: {min: 0, max: poolSize},
    acquireConnectionTimeout: 30_000,
    // Knex warns on the console of failures that it throws as well.
    log: {warn: ignore, error: ignore},
  })
}

/** What moved, as an embedded server may that was restarted, makes Knex ask again and drop what it has open. */
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

/** Waits until the database answers, at most `seconds`. A wrong password or database name is not waited for. */
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
            'Check that it runs and that DATABASE_URL or POSTGRES_HOST, POSTGRES_PORT, ... point to it.',
          {cause: error},
        )
      }
    }
    await delay(pause)
  }
}

/** An attempt on several addresses fails with an AggregateError that has no message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => (one as Error).message).join('; ')
  return error.message
}

function ignore(): void {
  return undefined
}
