import {setTimeout as delay} from 'node:timers/promises'

import {failureFields, messageOf} from '../db/errors.ts'

/** Work that every serving process repeats. See docs/how-to.md for what it must keep to. */
export type BackgroundJob = {
  run: () => Promise<unknown>
  /** Logged when a run fails, and once a minute while the next ones fail in the same way. */
  failure: string
}

export type BackgroundWork = {stop: () => Promise<void>}

const everyMs = 1000
// A database that is away fails every job every second.
const repeatLogMs = 60_000

/** Repeats each job about once a second until it is stopped. A stop waits for the runs that have begun. */
export function startBackgroundWork(
  jobs: BackgroundJob[],
  log: {error: (fields: object, message: string) => void},
): BackgroundWork {
  const ending = new AbortController()
  const {signal} = ending
  const running = Promise.all(jobs.map(async (job) => repeat(job, log, signal)))
  return {
    async stop() {
      ending.abort()
      await running
    },
  }
}

async function repeat(
  {run, failure}: BackgroundJob,
  log: {error: (fields: object, message: string) => void},
  signal: AbortSignal,
): Promise<void> {
  let logged: {message: string; at: number} | undefined
  for (;;) {
    // Processes that started at the same time do not work at the same time.
    await delay(everyMs * (0.75 + Math.random() / 2), undefined, {signal}).catch(() => undefined)
    if (signal.aborted) return
    await run().then(
      () => {
        logged = undefined
      },
      (error: unknown) => {
        const message = messageOf(error)
        const now = performance.now()
        const isKnown = logged?.message === message && now - logged.at < repeatLogMs
        if (signal.aborted || isKnown) return
        logged = {message, at: now}
        log.error(failureFields(error), failure)
      },
    )
  }
}
