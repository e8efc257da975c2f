import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {DatabaseUnavailableError} from '../errors.ts'
import {answerWithin} from '../within.ts'
import {isConnectionError, messageOf} from './errors.ts'

export type Patience = {
  /** How long to wait for a database that does not answer. */
  seconds: number
  /** Called once, when the first attempts have failed or a second has gone by without an answer. */
  onWait?: (reason: string) => void
  signal?: AbortSignal
}

/** An attempt has at least this long, also if there is no time to wait: a busy database may take seconds to answer. */
const attemptMs = 5000

/** Waits until the database answers. Does not wait for a wrong password or database name. Throws DatabaseUnavailableError. */
export async function waitForDatabase(db: Knex, {seconds, onWait, signal}: Patience): Promise<void> {
  const start = performance.now()
  const deadline = start + seconds * 1000
  let lastFailure = 'it does not answer'
  let hasReported = false
  const report = (): void => {
    if (!hasReported) onWait?.(lastFailure)
    hasReported = true
  }
  // With no time to wait, there is only one attempt, however long it takes.
  const silence = seconds > 0 ? setTimeout(report, 1000) : undefined
  try {
    for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
      signal?.throwIfAborted()
      try {
        const ms = Math.max(deadline - performance.now(), attemptMs)
        await answerWithin(db.raw('select 1'), ms, 'it accepts connections but does not answer')
        return
      } catch (error) {
        signal?.throwIfAborted()
        lastFailure = messageOf(error)
        if (!isConnectionError(error)) {
          throw new DatabaseUnavailableError(`The database refuses the connection: ${lastFailure}`, {cause: error})
        }
        if (performance.now() + pause > deadline) {
          throw new DatabaseUnavailableError(`The database did not answer within ${seconds} seconds: ${lastFailure}.`, {
            cause: error,
            hint: 'Check that it is running, and that DATABASE_URL or POSTGRES_HOST, POSTGRES_PORT, ... point to it.',
          })
        }
        if (performance.now() - start > 1000) report()
      }
      await delay(pause, undefined, {...(signal && {signal})})
    }
  } finally {
    clearTimeout(silence)
  }
}
