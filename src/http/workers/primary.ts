import cluster from 'node:cluster'
import {fileURLToPath} from 'node:url'

import {type KeptWorker, keepWorker} from './keep-worker.ts'
import type {Log} from '../log.ts'
import type {RunningServer} from '../listener.ts'
import type {Metric} from '../../metrics/metric.ts'
import {workerMetrics} from '../metrics/worker-metrics.ts'
import type {WorkerSettings} from './protocol.ts'

const program = fileURLToPath(import.meta.resolve('./worker.js'))

/**
 * Serves the shop over HTTP in `count` processes on one port, each with its own connection pool and checkout queue. A
 * worker that dies is replaced. Throws the reason if a worker cannot start at the beginning.
 */
export async function startWorkers(
  count: number,
  log: Log,
  settings: WorkerSettings,
): Promise<RunningServer & {readMetrics: () => Promise<Metric[][]>}> {
  cluster.setupPrimary({exec: program, args: []})
  let {port} = settings
  let boundPort = port
  const workers = Array.from({length: count}, () =>
    keepWorker(log, () => {
      // node:cluster shares a port among workers that request the same number. So all request 0, until none is left
      // that holds the port that 0 was bound to: then the next one requests that port.
      if (!workers.some(({isListening}) => isListening())) port = boundPort
      return {...settings, port}
    }),
  )
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(workers.map(async (worker) => worker.close(graceMs)))
  }

  try {
    const [url = ''] = await Promise.all(workers.map(async (worker) => worker.url))
    boundPort = Number(new URL(url).port)
    const drain = (): void => {
      for (const worker of workers) worker.drain()
    }
    return {url, drain, close, readMetrics: async () => readMetrics(workers)}
  } catch (error) {
    await close(0)
    throw error
  }
}

/** A worker that takes longer to tell its metrics hangs, or has much to do. Then those it told last will do. */
const metricsMs = 2000

async function readMetrics(workers: KeptWorker[]): Promise<Metric[][]> {
  const metrics = await Promise.all(workers.map(async (worker) => worker.readMetrics(metricsMs)))
  const listening = workers.filter((worker) => worker.isListening()).length
  const ends = workers.reduce((sum, worker) => sum + worker.ends(), 0)
  return [...metrics.flat(), workerMetrics({listening, ends})]
}
