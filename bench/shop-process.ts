import {spawn} from 'node:child_process'
import {once} from 'node:events'

import {BenchmarkError} from './benchmark-error.ts'
import {type ProcessMonitor, startProcessMonitor} from './process-monitor.ts'
import {shopBin, shopEnvironment} from './shop-program.ts'

export type ShopProcess = {
  origin: string
  /** Where its metrics are, if `env` turns them on. */
  metricsUrl: string | undefined
  monitor: Pick<ProcessMonitor, 'readLoop' | 'readMemory'>
}

type Options = {
  workers: string
  /** The program of another build. */
  bin?: string
  /** Further settings. */
  env?: Record<string, string>
}

const probe = new URL('process-probe.js', import.meta.url).href

/** Runs `shop serve`, at its defaults but for `env`, with the probe in its processes, for as long as `run` takes. */
export async function withShopProcess<Result>(
  databaseUrl: string,
  options: Options,
  run: (shop: ShopProcess) => Promise<Result>,
): Promise<Result> {
  const monitor = await startProcessMonitor()
  try {
    return await serve(databaseUrl, options, monitor, run)
  } finally {
    await monitor.close()
  }
}

async function serve<Result>(
  databaseUrl: string,
  {workers, bin = shopBin, env}: Options,
  monitor: ProcessMonitor,
  run: (shop: ShopProcess) => Promise<Result>,
): Promise<Result> {
  const args = ['--import', probe, bin, 'serve', '--port', '0', '--workers', workers]
  const child = spawn(process.execPath, args, {
    env: {...shopEnvironment(databaseUrl), ...env, BENCH_PROBE_PORT: String(monitor.port)},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  const listening = new Promise<string>((resolve) => {
    child.stderr.on('data', (data) => {
      output += String(data)
      // Only the address, since the words around it differ between versions of the shop.
      const url = /http:\/\/[^\s"]+:\d+(?=\D)/.exec(output)?.[0]
      if (url !== undefined) resolve(url)
    })
  })
  const closed = once(child, 'close')
  const ended = closed.then(([code, signal]) => {
    throw new BenchmarkError(`The shop ended (${String(code ?? signal)}) before the benchmark did. ${output}`.trim())
  })
  try {
    const origin = await Promise.race([listening, ended])
    const metricsUrl = /http:\/\/[^\s"]+\/metrics/.exec(output)?.[0]
    return await Promise.race([run({origin, metricsUrl, monitor}), ended])
  } finally {
    child.kill('SIGTERM')
    await closed
  }
}
