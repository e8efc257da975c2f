import type {Logger} from 'pino'

import type {Database} from '../db/open.ts'
import {figure, type Metric} from '../metrics/metric.ts'
import {readVersion} from '../version.ts'
import type {RunningServer} from './listener.ts'
import {createDatabaseGauges} from './metrics/database-gauges.ts'
import {openMetrics} from './metrics/open-metrics.ts'
import {workerMetrics} from './metrics/worker-metrics.ts'
import {startServer} from './start-server.ts'
import {startWorkers} from './workers/primary.ts'
import type {WorkerSettings} from './workers/protocol.ts'

export type RunningShop = RunningServer & {
  /** Where the metrics are; undefined if they are off. */
  metricsUrl: string | undefined
}

/** A connection that nothing else waits for. A scrape does not wait for it for long either. */
const metricsPool = {statementMs: 10_000, lockMs: 1000, acquireMs: 15_000, poolSize: 1, name: 'shop metrics'}

/** Serves the shop in this process, or in several, with their metrics on a port of their own if the settings have one. */
export async function startShop(
  workers: number,
  database: Pick<Database, 'openPool'>,
  log: Logger,
  settings: WorkerSettings,
): Promise<RunningShop> {
  const {server, readMetrics} = await startProcesses(workers, database, log, settings)
  if (!settings.metrics) return {...server, metricsUrl: undefined}

  const ending = new AbortController()
  const db = database.openPool({...metricsPool, signal: ending.signal})
  const gauges = createDatabaseGauges(db, log)
  const build = figure('gauge', {name: 'shop_build_info', help: 'The version of the shop.'}, [
    {labels: {version: readVersion()}, value: 1},
  ])
  try {
    // Imported here because a shop without metrics does not need prom-client.
    const {serveMetrics} = await import('./metrics/metrics-server.ts')
    const metrics = await serveMetrics(
      settings.metrics,
      async () => {
        const [processes, ofDatabase] = await Promise.all([readMetrics(), gauges.read()])
        return [...processes, [...ofDatabase, build]]
      },
      log,
    )
    return {
      ...server,
      metricsUrl: metrics.url,
      async close(graceMs) {
        // Until the last order is finished, they tell of it.
        await server.close(graceMs)
        await metrics.close()
        ending.abort()
      },
    }
  } catch (error) {
    ending.abort()
    await server.close(0)
    throw error
  }
}

async function startProcesses(
  workers: number,
  database: Pick<Database, 'openPool'>,
  log: Logger,
  settings: WorkerSettings,
): Promise<{server: RunningServer; readMetrics: () => Promise<Metric[][]>}> {
  if (workers > 1) {
    const {readMetrics, ...server} = await startWorkers(workers, log, settings)
    return {server, readMetrics}
  }
  const metrics = settings.metrics && (await openMetrics())
  const server = await startServer(database, log, settings, metrics?.shop)
  return {
    server,
    readMetrics: async () => [(await metrics?.read()) ?? [], workerMetrics({listening: 1, ends: 0})],
  }
}
