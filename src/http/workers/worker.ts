/*
 * The program that primary.ts starts for each worker by node:cluster. It serves the shop on the port that all workers
 * share, until the primary stops it or dies.
 */
import cluster, {type Worker} from 'node:cluster'
import {once} from 'node:events'

import {openDatabase} from '../../db/open.ts'
import {ConfigurationError, DatabaseUnavailableError} from '../../errors.ts'
import {createLog} from '../create-log.ts'
import type {Log} from '../log.ts'
import {startServer} from '../start-server.ts'
import {graceMs, type RunningServer} from '../listener.ts'
import {type MetricsSource, openMetrics} from '../metrics/open-metrics.ts'
import type {Metric} from '../../metrics/metric.ts'
import {aliveEveryMs, type ServingMessage, type WorkerMessage, type WorkerSettings} from './protocol.ts'

// Ctrl-C reaches every process of the terminal, and systemd stops every process of the service: the primary decides.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)

const {worker} = cluster
if (!worker) throw new Error('This program must be started by node:cluster.')
// If the primary has gone when the last connection closes, node:cluster cannot disconnect from it any more.
worker.on('error', () => undefined)
const firstMessage = once(worker, 'message')
void send(worker, 'ready')
setInterval(() => {
  void send(worker, 'alive')
}, aliveEveryMs).unref()
const [settings] = (await firstMessage) as [WorkerSettings]
try {
  await serve(worker, settings)
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof DatabaseUnavailableError)) throw error
  const {code, message, hint} = error
  await send(worker, {failure: {code, message, hint}})
  process.exitCode = 1
}
// eslint-disable-next-line no-restricted-properties -- output that nobody reads would keep the process from ending
process.exit()

async function serve(worker: Worker, settings: WorkerSettings): Promise<void> {
  const {database, prepared, databaseWaitSeconds, logLevel, noColor} = settings
  const ending = new AbortController()
  const opened = await openDatabase(database, {
    ...{poolSize: 1, prepared, waitSeconds: databaseWaitSeconds},
    signal: ending.signal,
  })
  const {log, close} = createLog(process.stdout, {colors: !noColor, level: logLevel})
  const metrics = settings.metrics && (await openMetrics())
  try {
    const server = await startServer(opened, log, settings, metrics?.shop)
    const stop = stopRequest(worker, server)
    if (metrics) tellMetrics(worker, metrics, log)
    void send(worker, {url: server.url})
    const stopMs = await stop
    // Another Ctrl-C from here on is the second one, which ends the program at once.
    process.removeAllListeners('SIGINT')
    await server.close(stopMs)
  } finally {
    await close()
    // The connection of the start is idle, and a server that has gone would keep it from closing.
    ending.abort()
    await opened.close()
  }
}

/** Resolves with the milliseconds that requests in flight may take. */
async function stopRequest(worker: Worker, {drain}: Pick<RunningServer, 'drain'>): Promise<number> {
  return new Promise((resolve) => {
    worker.on('message', (message: ServingMessage) => {
      if (message === 'drain') drain()
      else if (typeof message === 'object') resolve(message.graceMs)
    })
    worker.once('disconnect', () => {
      // Without this, node:cluster ends the process immediately if the primary was killed.
      worker.exitedAfterDisconnect = true
      resolve(graceMs)
    })
  })
}

/**
 * All of them if the primary asks. In between it is told what was counted, so that little is lost if this process dies; to
 * read the others would take more, and begins their intervals anew.
 */
function tellMetrics(worker: Worker, metrics: MetricsSource, log: Log): void {
  const tell = (read: Promise<Metric[]>, {isAnswer}: {isAnswer: boolean}): void => {
    read.then(
      async (metrics) => send(worker, {metrics, isAnswer}),
      (error: unknown) => {
        log.error({err: error}, 'The metrics of a worker could not be read.')
      },
    )
  }
  worker.on('message', (message: ServingMessage) => {
    if (message === 'read metrics') tell(metrics.read(), {isAnswer: true})
  })
  setInterval(() => {
    tell(metrics.shop.read(), {isAnswer: false})
  }, aliveEveryMs).unref()
}

/** Does nothing without a primary: then the worker is about to end. */
async function send(worker: Worker, message: WorkerMessage): Promise<void> {
  if (!worker.isConnected()) return
  await new Promise((resolve) => worker.send(message, resolve))
}
