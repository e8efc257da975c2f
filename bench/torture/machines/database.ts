import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'

import {BenchmarkError} from '../../benchmark-error.ts'
import {clusterScript} from '../arguments.ts'
import {singleServer} from '../faults/single-server.ts'
import type {DatabaseTarget} from '../faults/target.ts'
import {createClock} from './clock.ts'
import type {Owned} from './owned.ts'
import {freePort} from './free-port.ts'
import {startPostgres} from './postgres.ts'

const run = promisify(execFile)

/** `url` leads to the server that takes writes. */
export type RunningDatabase = {url: string; host: string; port: number; target: DatabaseTarget}

/** Runs a single PostgreSQL, or the cluster of deploy/ha, for as long as `use` takes. */
export async function withDatabase<Result>(
  owned: Owned,
  isCluster: boolean,
  use: (database: RunningDatabase) => Promise<Result>,
): Promise<Result> {
  if (isCluster) return withCluster(use, join(owned.folder, 'cluster'))
  const clock = await createClock(join(owned.folder, 'clock-database'))
  const {url, host, port, ...server} = await startPostgres(owned, clock)
  return use({url, host, port, target: singleServer({url, host, port, ...server}, clock)})
}

async function withCluster<Result>(
  use: (database: RunningDatabase) => Promise<Result>,
  folder: string,
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
    return await use({url, host: hostname, port: Number(port), target: clusterTarget(cluster, folder)})
  } finally {
    await cluster('stop', folder)
  }
}

/** From the first one that the script is given. */
const clusterPorts = 30

const takeoverMs = 60_000

const nodes = ['node1', 'node2', 'node3'] as const

function clusterTarget(cluster: (...args: string[]) => Promise<string>, folder: string): DatabaseTarget {
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
      await sleep(forMs)
      await cluster(end, node, folder)
      return `${start} ${node} for ${Math.round(forMs / 1000)} s`
    })
  /** The node is away until another one leads. */
  const killLeader = async (): Promise<string> => {
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
