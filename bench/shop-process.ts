import {spawn} from 'node:child_process'
import {once} from 'node:events'

import {BenchmarkError} from './benchmark-error.ts'
import {type ProcessMonitor, startProcessMonitor} from './process-monitor.ts'
import {shopBin, shopEnvironment} from './shop-program.ts'

export type ShopProcess = {origin: string; monitor: Pick<ProcessMonitor, 'readLoop' | 'readMemory'>}

const probe = new URL('process-probe.js', import.meta.url).href

/** `shop serve` with its own defaults, and the probe in its processes, for as long as `run` takes. */
export async function withShopProcess<Result>(
  databaseUrl: string,
  workers: string,
  run: (shop: ShopProcess) => Promise<Result>,
): Promise<Result> {
  const monitor = await startProcessMonitor()
  try {
    return await serve(databaseUrl, workers, monitor, run)
  } finally {
    await monitor.close()
  }
}

async function serve<Result>(
  databaseUrl: string,
  workers: string,
  monitor: ProcessMonitor,
  run: (shop: ShopProcess) => Promise<Result>,
): Promise<Result> {
  const args = ['--import', probe, shopBin, 'serve', '--port', '0', '--workers', workers]
  const child = spawn(process.execPath, args, {
    env: {...shopEnvironment(databaseUrl), BENCH_PROBE_PORT: String(monitor.port)},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  const listening = new Promise<string>((resolve) => {
    child.stderr.on('data', (data) => {
      said += String(data)
      const url = /listens on (http:\S+)\. /.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const closed = once(child, 'close')
  const ended = closed.then(([code, signal]) => {
    throw new BenchmarkError(`The shop ended (${String(code ?? signal)}) before the benchmark did. ${said}`.trim())
  })
  try {
    const origin = await Promise.race([listening, ended])
    return await Promise.race([run({origin, monitor}), ended])
  } finally {
    child.kill('SIGTERM')
    await closed
  }
}
