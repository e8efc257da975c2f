import type {Knex} from 'knex'

import {isUnavailable} from '../db/errors.ts'
import {createSchemaCheck} from '../db/migrate.ts'
import {DatabaseUnavailableError} from '../errors.ts'
import {answerWithin} from '../within.ts'
import {ShuttingDownError} from './problems/http-errors.ts'

export type Readiness = {
  /** Throws the reason if a load balancer should send this process no requests. */
  check: () => Promise<void>
  /** From now on it is not ready. */
  drain: () => void
}

/** All requests within this time share one look at the database. */
const defaultFreshMs = 1000

/** Less than the three seconds after which health checks usually give up. */
export const defaultLookMs = 2000

/** The connections are used for nothing else, so that a process does not count as unready because it is busy. */
export const readinessPool = {
  ...{poolSize: 1, statementMs: defaultLookMs, lockMs: 1000, acquireMs: defaultLookMs},
  name: 'shop readiness',
}

/** A newer schema is no reason: a rollout migrates first, and the version before serves until it is replaced. */
export function createReadiness(
  pool: Knex,
  {freshMs = defaultFreshMs, lookMs = defaultLookMs}: {freshMs?: number; lookMs?: number} = {},
): Readiness {
  const checkSchema = createSchemaCheck(pool)
  let isDraining = false
  let look = {at: -Infinity, failure: Promise.resolve<Error | undefined>(undefined)}

  async function findFailure(): Promise<Error | undefined> {
    try {
      // The pool's own limits do not hold for a connection attempt, nor for a server that has gone silent.
      await answerWithin(checkSchema(), lookMs, `No answer within ${lookMs} ms.`)
      return undefined
    } catch (error) {
      if (isUnavailable(error)) return new DatabaseUnavailableError('The database does not answer.', {cause: error})
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  return {
    async check() {
      if (isDraining) throw new ShuttingDownError()
      const now = performance.now()
      if (now - look.at >= freshMs) look = {at: now, failure: findFailure()}
      const failure = await look.failure
      if (failure) throw failure
    },
    drain() {
      isDraining = true
    },
  }
}
