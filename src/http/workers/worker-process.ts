import cluster from 'node:cluster'

import {ConfigurationError, DatabaseUnavailableError} from '../../errors.ts'
import type {StartFailure, StopMessage, WorkerMessage, WorkerSettings} from './protocol.ts'

export type WorkerEnd = {
  exitCode: number | null
  signal: string | null
  /** Why it did not start, if that is known. */
  failure: Error | undefined
}

export type WorkerProcess = {
  pid: number | undefined
  /** Whether it accepts connections. */
  isListening: () => boolean
  /** Rejects if the system cannot start a process. */
  ended: Promise<WorkerEnd>
  /**
   * Lets the worker finish the requests in flight, and kills it if that takes much longer than `graceMs`. A worker that
   * does not serve yet is killed at once.
   */
  stop: (graceMs: number) => void
}

/** How long after its grace a hanging worker is killed. The sum stays below the 30 seconds after which Docker kills. */
const killDelayMs = 3000

/** Forks a worker, which asks for its settings once it has loaded. */
export function forkWorker(settings: () => WorkerSettings, onListening: (url: string) => void): WorkerProcess {
  const worker = cluster.fork()
  let isListening = false
  let failure: Error | undefined
  const ended = new Promise<WorkerEnd>((resolve, reject) => {
    worker.once('exit', (exitCode: number | null, signal: string | null) => {
      resolve({exitCode, signal, failure})
    })
    worker.once('error', reject)
  })

  worker.on('message', (message: WorkerMessage) => {
    if (message === 'ready') {
      send(settings())
    } else if ('failure' in message) {
      failure = revive(message.failure)
    } else {
      isListening = true
      onListening(message.url)
    }
  })

  /** Ignores failures: sending fails only if the worker has ended, which `ended` reports. */
  function send(message: WorkerSettings | StopMessage): void {
    worker.send(message, () => undefined)
  }

  return {
    pid: worker.process.pid,
    isListening: () => isListening && worker.isConnected(),
    ended,
    stop(graceMs) {
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
