import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'

import {BenchmarkError} from '../../benchmark-error.ts'
import {clusterScript} from '../arguments.ts'
import {singleServer} from '../faults/single-server.ts'
import type {DatabaseTarget, Wait} from '../faults/target.ts'
import {createClock} from './clock.ts'
import type {Owned} from './owned.ts'
import {freePort} from './free-port.ts'
import {startPostgres} from './postgres.ts'
import {signal} from './process-tree.ts'

const run = promisify(execFile)

/** `url` leads to the server that takes writes. */
export type RunningDatabase = {url: string; host: string; port: number; target: DatabaseTarget}

/** Runs a single PostgreSQL, or the cluster of deploy/ha, for as long as `use` takes. */
export async function withDatabase<Result>(
  owned: Owned,
  {isCluster, wait}: {isCluster: boolean; wait: Wait},
  use: (database: RunningDatabase) => Promise<Result>,
): Promise<Result> {
  if (isCluster) {
    const folder = join(owned.folder, 'cluster')
    owned.atEnd(['bash', clusterScript, 'stop', folder])
    return withCluster(use, folder, wait)
  }
  const clock = await createClock(join(owned.folder, 'clock-database'))
  const server = await startPostgres(owned, clock)
  const {url, host, port} = server
  try {
    return await use({url, host, port, target: singleServer(server, clock, wait)})
  } finally {
    signal(server.pid(), 'SIGINT')
    await server.ended()
  }
}

async function withCluster<Result>(
  use: (database: RunningDatabase) => Promise<Result>,
  folder: string,
  wait: Wait,
): Promise<Result> {
  const cluster = async (...args: string[]): Promise<string> => {
    try {
      return (await run('bash', [clusterScript, ...args])).stdout.trim()
    } catch (error) {
      throw new BenchmarkError(`cluster.sh ${args[0]}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
  await cluster('start', folder, '--port', String(await freePort(clusterPorts)))
  try {
    const url = await cluster('url', folder)
    const {hostname, port} = new URL(url)
    return await use({url, host: hostname, port: Number(port), target: clusterTarget(cluster, folder, wait)})
  } finally {
    await cluster('stop', folder)
  }
}

/** From the first one that the script is given. */
const clusterPorts = 30

const takeoverMs = 60_000

const nodes = ['node1', 'node2', 'node3'] as const

function clusterTarget(cluster: (...args: string[]) => Promise<string>, folder: string, wait: Wait): DatabaseTarget {
  /** The leader in most cases, which hurts most. */
  const choose = async (variant: number): Promise<string> => {
    const node = nodes[Math.floor(variant * 97) % nodes.length] ?? nodes[0]
    return variant < 0.7 ? cluster('leader', folder).catch(() => node) : node
  }
  // One at a time: with two nodes gone, the rest rightly serves nobody.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = async (act: () => Promise<string>): Promise<string> => {
    const turn = last.then(act)
    last = turn.catch(() => undefined)
    return turn
  }
  const during = async (start: string, end: string, variant: number, forMs: number): Promise<string> =>
    inTurn(async () => {
      const node = await choose(variant)
      await cluster(start, node, folder)
      await wait(forMs)
      await cluster(end, node, folder)
      return `${start} ${node} for ${Math.round(forMs / 1000)} s`
    })
  /** The node is away until another one leads. */
  const killLeader = async (): Promise<string> => {
    // Without a standby that has all of it, nobody may take over.
    const isWhole = await cluster('await', folder).then(
      () => true,
      () => false,
    )
    if (!isWhole) return 'no kill: the cluster was not whole'
    const leader = () => cluster('leader', folder).catch(() => '')
    const node = (await leader()) || nodes[0]
    await cluster('kill', node, folder)
    const deadline = performance.now() + takeoverMs
    for (;;) {
      const next = await leader()
      if ((next !== '' && next !== node) || performance.now() > deadline) {
        await cluster('restart', node, folder)
        return next === ''
          ? `kill ${node}, and nobody led after ${takeoverMs / 1000} s`
          : `kill ${node}, and ${next} led`
      }
      await sleep(500)
    }
  }
  return {
    ready: async () => {
      await cluster('await', folder)
    },
    clock: undefined,
    kill: async (variant, forMs) => during(variant < 0.5 ? 'kill-postgres' : 'kill', 'restart', variant, forMs),
    pause: async (variant, forMs) => during('pause', 'resume', variant, forMs),
    isolate: async (variant, forMs) => during('isolate', 'heal', variant, forMs),
    async failOver(variant) {
      if (variant >= 0.4) return inTurn(killLeader)
      return inTurn(async () =>
        cluster('switchover', folder).then(
          () => 'switchover',
          // There is no standby to take over while a node comes back.
          (error: unknown) => `no switchover: ${error instanceof Error ? error.message.trim() : String(error)}`,
        ),
      )
    },
  }
}
