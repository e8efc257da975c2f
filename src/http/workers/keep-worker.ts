import {setTimeout as delay} from 'node:timers/promises'

import {addCounts} from '../../metrics/add-counts.ts'
import type {Metric} from '../../metrics/metric.ts'
import type {Log} from '../log.ts'
import {forkWorker, type WorkerEnd, type WorkerProcess} from './worker-process.ts'
import type {WorkerSettings} from './protocol.ts'

export type KeptWorker = {
  /** Resolves when the worker serves for the first time. Rejects with the reason if it cannot start. */
  url: Promise<string>
  isListening: () => boolean
  /** Also its successors. */
  drain: () => void
  /** Of the worker, and the counts of its predecessors. Waits for the worker's answer for at most `waitMs`. */
  readMetrics: (waitMs: number) => Promise<Metric[][]>
  /** How many workers it has replaced. */
  ends: () => number
  close: (graceMs: number) => Promise<void>
}

/** A worker that served for this long started properly, so its successor starts without a pause. */
const steadyMs = 10_000
const firstPauseMs = 500
const maxPauseMs = 30_000

/** Runs a worker and replaces it when it ends: at once, but after growing pauses while workers keep failing early. */
export function keepWorker(log: Log, settings: () => WorkerSettings): KeptWorker {
  const closing = new AbortController()
  const isClosing = (): boolean => closing.signal.aborted
  let worker: WorkerProcess | undefined
  let hasServed = false
  let isDraining = false
  let ends = 0
  let countsOfEnded: Metric[] = []
  let servesSince = Number.POSITIVE_INFINITY
  let resolveUrl: (url: string) => void
  const firstUrl = new Promise<string>((resolve) => (resolveUrl = resolve))
  const kept = keep()

  /** Resolves when it is closed, or with the reason why the first worker cannot start. */
  async function keep(): Promise<Error | undefined> {
    let pauseMs = 0
    for (;;) {
      servesSince = Number.POSITIVE_INFINITY
      const {exitCode, signal, failure} = await run().catch(notStarted)
      const ended = worker
      worker = undefined
      if (ended) countsOfEnded = addCounts(countsOfEnded, ended.metrics())
      if (isClosing()) return undefined
      // A worker that a signal ended did not fail by itself.
      if (!hasServed && signal === null)
        return failure ?? new Error(`A worker ended with exit code ${exitCode} while it started.`)

      if (performance.now() - servesSince > steadyMs) pauseMs = 0
      ends++
      const end = {worker: ended?.pid, exitCode, signal, reason: failure?.message, pauseMs}
      log.error(end, 'A worker ended and will be replaced.')
      await delay(pauseMs, undefined, {signal: closing.signal}).catch(() => undefined)
      if (isClosing()) return undefined
      pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), maxPauseMs)
    }
  }

  async function run(): Promise<WorkerEnd> {
    const forked = forkWorker(settings, (url) => {
      if (hasServed) log.info({worker: forked.pid, url}, 'A replacement worker serves.')
      hasServed = true
      if (isDraining) forked.drain()
      servesSince = performance.now()
      resolveUrl(url)
    })
    worker = forked
    return forked.ended
  }

  return {
    url: Promise.race([firstUrl, kept.then(refuse)]),
    isListening: () => worker?.isListening() ?? false,
    drain() {
      isDraining = true
      worker?.drain()
    },
    async readMetrics(waitMs) {
      const asked = worker
      const metrics = (await asked?.readMetrics(waitMs)) ?? []
      // If it has ended meanwhile, what it counted is among the others.
      return worker === asked ? [countsOfEnded, metrics] : [countsOfEnded]
    },
    ends: () => ends,
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
  throw failure ?? new Error('The worker was closed while it started.')
}
