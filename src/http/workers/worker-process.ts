import cluster from 'node:cluster'

import {ConfigurationError, DatabaseUnavailableError} from '../../errors.ts'
import type {StartFailure, StopMessage, WorkerMessage, WorkerSettings} from './protocol.ts'

export type WorkerEnd = {
  exitCode: number | null
  signal: string | null
  /** Why it did not start, where that is known. */
  failure: Error | undefined
}

export type WorkerProcess = {
  pid: number | undefined
  /** Whether it has its part of the port. */
  isListening: () => boolean
  /** Rejects where the system cannot start a process. */
  ended: Promise<WorkerEnd>
  /**
   * Lets it finish what is in flight, and kills it where that takes much longer than `graceMs`. One that does not serve
   * yet has nothing in flight, and is killed at once.
   */
  stop: (graceMs: number) => void
}

/** What a worker that hangs is given beyond its grace: less than 30 seconds in all, after which Docker kills. */
const lastMs = 3000

/** Forks one worker. It asks for its settings when it has loaded. */
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

  /** What cannot be sent is for one that ends, of which `ended` tells. */
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
      // Takes the worker off the port here first. A worker that leaves by itself sends back the connections that are on
      // their way to it, and with the last one node:cluster forgets to close them.
      worker.disconnect()
      send({graceMs})
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), graceMs + lastMs)
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
