/*
 * The program that primary.ts starts for each worker by node:cluster. It serves the shop on the port that all workers
 * share, until the primary stops it or dies.
 */
import cluster, {type Worker} from 'node:cluster'
import {once} from 'node:events'

import {openDatabase} from '../../db/open.ts'
import {ConfigurationError, DatabaseUnavailableError} from '../../errors.ts'
import {createLog} from '../create-log.ts'
import {startServer} from '../start-server.ts'
import {graceMs} from '../listener.ts'
import type {StopMessage, WorkerMessage, WorkerSettings} from './protocol.ts'

// Ctrl-C reaches every process of the terminal, and systemd stops every process of the service: the primary decides.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)

const {worker} = cluster
if (!worker) throw new Error('This program must be started by node:cluster.')
const firstMessage = once(worker, 'message')
send(worker, 'ready')
const [settings] = (await firstMessage) as [WorkerSettings]
try {
  await serve(worker, settings)
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof DatabaseUnavailableError)) throw error
  const {code, message, hint} = error
  send(worker, {failure: {code, message, hint}})
  process.exitCode = 1
}
if (worker.isConnected()) worker.disconnect()

async function serve(worker: Worker, settings: WorkerSettings): Promise<void> {
  const {database, poolSize, databaseWaitSeconds} = settings
  const {db, close} = await openDatabase(database, {poolSize, waitSeconds: databaseWaitSeconds})
  try {
    const server = await startServer(db, createLog(process.stdout, {colors: !settings.noColor}), settings)
    const stop = stopRequest(worker)
    send(worker, {url: server.url})
    const stopMs = await stop
    // Another Ctrl-C from here on is the second one, which ends the program at once.
    process.removeAllListeners('SIGINT')
    await server.close(stopMs)
  } finally {
    await close()
  }
}

/** Resolves with the milliseconds that requests in flight may take. */
async function stopRequest(worker: Worker): Promise<number> {
  return new Promise((resolve) => {
    worker.once('message', ({graceMs}: StopMessage) => {
      resolve(graceMs)
    })
    worker.once('disconnect', () => {
      // Without this, node:cluster ends the process immediately if the primary was killed.
      worker.exitedAfterDisconnect = true
      resolve(graceMs)
    })
  })
}

function send(worker: Worker, message: WorkerMessage): void {
  worker.send(message)
}
