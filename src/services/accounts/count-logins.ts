import type {Knex} from 'knex'
import {RateLimiterPostgres, RateLimiterRes} from 'rate-limiter-flexible'

import {queryPrepared} from '../../db/pipeline/prepared.ts'
import {LoginLimitedError} from '../../errors.ts'
import type {LoginLimits} from '../../login-limits.ts'
import {accountKey, addressKey, countedSeconds} from './login-tries.ts'

export type LoginTry = {
  username: string
  /** As `clientAddress` writes it. */
  address: string
  /** Whether the account has logged in from the address before. */
  isKnown: boolean
}

/**
 * Counts a try before its password is checked, so that any number at once cannot exceed a limit. Throws
 * LoginLimitedError, which takes as long and says the same whether the user exists or not.
 */
export type CountLogin = (login: LoginTry) => Promise<void>

/**
 * The counts are in the database, so that they hold over all workers and replicas. They begin with the first try, and end
 * an hour later by the clocks of the processes.
 */
export function createLoginCounter(db: Knex, {accountTries, addressTries}: LoginLimits): CountLogin {
  const limiterOf = (points: number): RateLimiterPostgres =>
    new RateLimiterPostgres({
      storeClient: {query: async (statement: Statement) => runStatement(db, statement)},
      storeType: 'client',
      tableName: 'login_tries',
      // By a migration.
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: '',
      points,
      duration: countedSeconds,
    })
  const accounts = limiterOf(accountTries)
  const addresses = limiterOf(addressTries)

  return async ({username, address, isKnown}) => {
    const counts = [
      {limiter: accounts, key: accountKey(username, isKnown ? address : undefined)},
      {limiter: addresses, key: addressKey(address)},
    ].filter(({limiter}) => limiter.points > 0)

    // Tries that are refused write nothing, as long as there is no race for the last one.
    const found = await Promise.all(counts.map(async ({limiter, key}) => ({limiter, count: await limiter.get(key)})))
    const waits = found.flatMap(({limiter, count}) =>
      count && count.consumedPoints >= limiter.points ? count.msBeforeNext : [],
    )
    if (waits.length > 0) throw limited(Math.max(...waits))
    for (const {limiter, key} of counts) {
      await limiter.consume(key).catch((error: unknown) => {
        throw error instanceof RateLimiterRes ? limited(error.msBeforeNext) : error
      })
    }
  }
}

function limited(waitMs: number): LoginLimitedError {
  return new LoginLimitedError(Math.max(Math.ceil(waitMs / 1000), 1))
}

type Statement = {name: string; text: string; values: unknown[]}

/** What the limiter expects of a client of pg. */
async function runStatement(db: Knex, {name, text, values}: Statement): Promise<{rows: object[]; rowCount: number}> {
  const rows = await queryPrepared<object>(db, {name, text}, values)
  return {rows, rowCount: rows.length}
}
