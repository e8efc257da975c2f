import {setTimeout as delay} from 'node:timers/promises'

import type {Log} from '../log.ts'
import {forkWorker, type WorkerEnd, type WorkerProcess} from './worker-process.ts'
import type {WorkerSettings} from './protocol.ts'

export type KeptWorker = {
  /** Resolves when it serves for the first time; rejects with the reason why it cannot. */
  url: Promise<string>
  isListening: () => boolean
  close: (graceMs: number) => Promise<void>
}

/** One that served for longer did not fail to start. */
const steadyMs = 10_000
const firstPauseMs = 500
const maxPauseMs = 30_000

/** A worker, and another one when it ends: at once, but later and later while none of them lasts. */
export function keepWorker(log: Log, settings: () => WorkerSettings): KeptWorker {
  const closing = new AbortController()
  const isClosing = (): boolean => closing.signal.aborted
  let worker: WorkerProcess | undefined
  let hasServed = false
  let servesSince = Number.POSITIVE_INFINITY
  let resolveUrl: (url: string) => void
  const firstUrl = new Promise<string>((resolve) => (resolveUrl = resolve))
  const kept = keep()

  /** Returns when it is closed, or with the reason why a first worker cannot start. */
  async function keep(): Promise<Error | undefined> {
    let pauseMs = 0
    for (;;) {
      servesSince = Number.POSITIVE_INFINITY
      const {exitCode, signal, failure} = await run().catch(notStarted)
      if (isClosing()) return undefined
      // A signal is not the worker's own doing.
      if (!hasServed && signal === null) return failure ?? new Error(`A worker ended with ${exitCode} as it started.`)

      if (Date.now() - servesSince > steadyMs) pauseMs = 0
      const end = {worker: worker?.pid, exitCode, signal, reason: failure?.message, pauseMs}
      log.error(end, 'A worker ended. Another one takes its place.')
      await delay(pauseMs, undefined, {signal: closing.signal}).catch(() => undefined)
      if (isClosing()) return undefined
      pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), maxPauseMs)
    }
  }

  async function run(): Promise<WorkerEnd> {
    const forked = forkWorker(settings, (url) => {
      if (hasServed) log.info({worker: forked.pid, url}, 'A worker serves in the place of one that ended.')
      hasServed = true
      servesSince = Date.now()
      resolveUrl(url)
    })
    worker = forked
    return forked.ended
  }

  return {
    url: Promise.race([firstUrl, kept.then(refuse)]),
    isListening: () => worker?.isListening() ?? false,
    async close(graceMs) {
      closing.abort()
      worker?.stop(graceMs)
      await kept
    },
  }
}

function notStarted(error: unknown): WorkerEnd {
  return {exitCode: null, signal: null, failure: error instanceof Error ? error : new Error(String(error))}
}

function refuse(failure: Error | undefined): never {
  throw failure ?? new Error('The worker was closed as it started.')
}
