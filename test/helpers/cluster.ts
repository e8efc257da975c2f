import {execFile, spawnSync} from 'node:child_process'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {ExecutionContext} from 'ava'

const script = fileURLToPath(new URL('../../../deploy/ha/cluster.sh', import.meta.url))

/** Why no cluster can run here; undefined if it can. */
export function whyNoCluster(): string | undefined {
  const {status, stderr} = spawnSync(script, ['check'], {encoding: 'utf8'})
  return status === 0 ? undefined : stderr.trim()
}

export async function runScript(...args: string[]): Promise<string> {
  return (await promisify(execFile)(script, args)).stdout.trim()
}

export type Cluster = {
  /** DATABASE_URL through HAProxy; see `url` of cluster.sh for its options. */
  url: (option?: '--hosts' | '--replicas') => Promise<string>
  /** The node that leads now. Undefined without one. */
  leader: () => Promise<string | undefined>
  /** Runs another command of cluster.sh. */
  run: (command: string, node?: string) => Promise<string>
}

/** Runs the cluster of deploy/ha until the test ends. */
export async function startCluster(t: ExecutionContext): Promise<Cluster> {
  const parent = await mkdtemp(join(tmpdir(), 'shop-cluster-'))
  await chmod(parent, 0o755)
  const folder = join(parent, 'ha')
  // Below the ports of findFreePort, and those that the system gives to others.
  const base = 10_000 + (process.pid % 330) * 30
  t.teardown(async () => {
    await runScript('stop', folder)
    await rm(parent, {recursive: true})
  })
  await runScript('start', folder, '--port', String(base))
  return {
    url: async (option) => runScript('url', folder, ...(option === undefined ? [] : [option])),
    leader: async () => runScript('leader', folder).catch(() => undefined),
    run: async (command, node) => runScript(command, ...(node === undefined ? [] : [node]), folder),
  }
}
