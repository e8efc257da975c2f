import cluster from 'node:cluster'

import {ConfigurationError, DatabaseUnavailableError} from '../../errors.ts'
import type {Metric} from '../../metrics/metric.ts'
import {within} from '../../within.ts'
import {
  aliveEveryMs,
  type ServingMessage,
  type StartFailure,
  type WorkerMessage,
  type WorkerSettings,
} from './protocol.ts'

export type WorkerEnd = {
  exitCode: number | null
  signal: string | null
  /** Why it did not start or was killed, if that is known. */
  failure: Error | undefined
}

export type WorkerProcess = {
  pid: number | undefined
  /** Whether it accepts connections. */
  isListening: () => boolean
  /** Rejects if the system cannot start a process. */
  ended: Promise<WorkerEnd>
  drain: () => void
  /** What it has told of its metrics. Asks first, and waits for an answer for at most `waitMs`. */
  readMetrics: (waitMs: number) => Promise<Metric[]>
  metrics: () => Metric[]
  /**
   * Lets the worker finish the requests in flight, and kills it if that takes much longer than `graceMs`. A worker that
   * does not serve yet is killed at once.
   */
  stop: (graceMs: number) => void
}

/** How long after its grace a hanging worker is killed. The sum stays below the 30 seconds after which Docker kills. */
const killDelayMs = 3000

/**
 * A worker that misses as many reports in a row hangs, and is killed. Missed reports are counted rather than timed, so that a
 * machine that was suspended does not kill its workers. Before the first report, a worker loads its modules.
 */
const mostMissed = 5
const mostMissedAtStart = 20

/** Forks a worker, which asks for its settings once it has loaded. A worker that hangs is killed. */
export function forkWorker(settings: () => WorkerSettings, onListening: (url: string) => void): WorkerProcess {
  const worker = cluster.fork()
  let isListening = false
  let failure: Error | undefined
  let missed = mostMissed - mostMissedAtStart
  const metrics = new Map<string, Metric>()
  const tellMetrics: (() => void)[] = []
  const watch = setInterval(() => {
    missed++
    if (missed <= mostMissed) return
    failure = new Error('It did not report that it is alive.')
    worker.process.kill('SIGKILL')
  }, aliveEveryMs).unref()
  const ended = new Promise<WorkerEnd>((resolve, reject) => {
    worker.once('exit', (exitCode: number | null, signal: string | null) => {
      clearInterval(watch)
      resolve({exitCode, signal, failure})
    })
    worker.once('error', (error) => {
      clearInterval(watch)
      reject(error)
    })
  })

  worker.on('message', (message: WorkerMessage) => {
    missed = 0
    if (message === 'alive') return
    if (message === 'ready') {
      send(settings())
    } else if ('failure' in message) {
      failure = revive(message.failure)
    } else if ('metrics' in message) {
      for (const metric of message.metrics) metrics.set(metric.name, metric)
      if (message.isAnswer) for (const tell of tellMetrics.splice(0)) tell()
    } else {
      isListening = true
      onListening(message.url)
    }
  })

  /** Ignores failures: sending fails only if the worker has ended, which `ended` reports. */
  function send(message: WorkerSettings | ServingMessage): void {
    worker.send(message, () => undefined)
  }

  return {
    pid: worker.process.pid,
    isListening: () => isListening && worker.isConnected(),
    ended,
    drain() {
      if (isListening) send('drain')
    },
    metrics: () => [...metrics.values()],
    async readMetrics(waitMs) {
      if (isListening && worker.isConnected()) {
        const told = new Promise<void>((resolve) => tellMetrics.push(resolve))
        send('read metrics')
        await within(Promise.race([told, ended.catch(() => undefined)]), waitMs)
      }
      return [...metrics.values()]
    },
    stop(graceMs) {
      clearInterval(watch)
      if (worker.isDead()) return
      if (!isListening) {
        worker.process.kill('SIGKILL')
        return
      }
      // The primary takes the worker off the port first. A worker that leaves by itself sends back the connections that
      // are on their way to it, and if it is the last worker, node:cluster forgets to close them.
      worker.disconnect()
      send({graceMs})
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), graceMs + killDelayMs)
      worker.once('exit', () => {
        clearTimeout(timer)
      })
    },
  }
}

function revive({code, message, hint}: StartFailure): Error {
  const ErrorClass = code === 'database_unavailable' ? DatabaseUnavailableError : ConfigurationError
  return new ErrorClass(message, {hint})
}
