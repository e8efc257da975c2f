import cluster from 'node:cluster'
import {fileURLToPath} from 'node:url'

import {keepWorker} from './keep-worker.ts'
import type {Log} from '../log.ts'
import type {RunningServer} from '../listener.ts'
import type {WorkerSettings} from './protocol.ts'

const program = fileURLToPath(import.meta.resolve('./worker.js'))

/**
 * The shop over HTTP in so many processes on one port, each with a pool and a checkout queue of its own. One that dies is
 * replaced. Throws what keeps a worker from starting at first.
 */
export async function startWorkers(count: number, log: Log, settings: WorkerSettings): Promise<RunningServer> {
  cluster.setupPrimary({exec: program, args: []})
  let {port} = settings
  let boundPort = port
  const workers = Array.from({length: count}, () =>
    keepWorker(log, () => {
      // Workers share what they ask for in the same words: 0, until nobody is left who holds the port that 0 gave.
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
    return {url, close}
  } catch (error) {
    await close(0)
    throw error
  }
}
