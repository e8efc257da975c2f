import {execFile, spawnSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {promisify} from 'node:util'

import {BenchmarkError} from './benchmark-error.ts'
import {rawFile, rawThreads, type RawTransactions} from './raw-transactions.ts'

const debian = '/usr/lib/postgresql'

/** Finds pgbench on the PATH or in Debian's folder for it. */
export function findPgbench(): RawTransactions | undefined {
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const candidates = ['pgbench', ...versions.map((version) => join(debian, version, 'bin/pgbench'))]
  const command = candidates.find((candidate) => spawnSync(candidate, ['--version']).status === 0)
  return command === undefined ? undefined : pgbench(command)
}

function pgbench(command: string): RawTransactions {
  return {
    program: 'pgbench',
    async measure(url, {script, clients}, seconds, signal) {
      const options = ['-n', '-M', 'prepared', '-c', clients, '-j', rawThreads(clients), '-T', seconds]
      const {stdout} = await promisify(execFile)(command, [...options.map(String), '-f', rawFile(script), url], {
        signal,
      }).catch((error: unknown) => {
        throw new BenchmarkError(`pgbench failed: ${(error as Error).message}`, {cause: error})
      })
      const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1]
      if (tps === undefined) throw new BenchmarkError(`pgbench did not report its rate: ${stdout}`)
      return {perSecond: Number(tps)}
    },
  }
}
