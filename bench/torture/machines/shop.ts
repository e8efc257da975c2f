import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {createWriteStream} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {BenchmarkError} from '../../benchmark-error.ts'
import {shopBin, shopEnvironment} from '../../shop-program.ts'
import {type Clock, createClock} from './clock.ts'
import type {Owned} from './owned.ts'
import {freePort} from './free-port.ts'
import {descendants} from './process-tree.ts'
import {startWire, type Wire} from './wire.ts'

/** A `shop serve` with a line of its own to the database. */
export type Replica = {
  name: string
  origin: string
  wire: Wire
  clock: Clock
  pid: () => number
  /** Empty for a replica without workers. */
  workers: () => Promise<number[]>
  /** Starts it on the same port, once all processes of the one before are gone. */
  restart: () => Promise<void>
  ended: () => Promise<unknown>
  stop: () => Promise<void>
}

/** It waits for the database, which may be away for a while. */
const startMs = 180_000

export async function startReplica(
  {folder, start}: Owned,
  {
    name,
    workers,
    database,
    env,
  }: {name: string; workers: number; database: {host: string; port: number; url: string}; env: Record<string, string>},
): Promise<Replica> {
  const wire = await startWire(database)
  const clock = await createClock(join(folder, `clock-${name}`))
  const url = new URL(database.url)
  url.host = `127.0.0.1:${wire.port}`
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const log = createWriteStream(join(folder, `${name}.log`), {flags: 'a'})
  await once(log, 'open')
  const args = [shopBin, 'serve', '--port', String(port), '--workers', String(workers)]
  let shop: ChildProcess | undefined
  const hasEnded = (): boolean => shop === undefined || (shop.exitCode ?? shop.signalCode) !== null

  const startAgain = async (): Promise<void> => {
    const deadline = performance.now() + startMs
    do {
      if (hasEnded()) {
        shop = start(process.execPath, args, {
          env: {...shopEnvironment(url.href), ...env, ...clock.env},
          stdio: ['ignore', log, log],
        })
      }
      await sleep(200)
      if (await isListening(origin)) return
    } while (performance.now() < deadline)
    throw new BenchmarkError(`The shop did not start within ${startMs / 1000} s.`)
  }
  // Faults that strike at the same time share a start.
  let starting: Promise<void> | undefined
  const restart = async (): Promise<void> => {
    starting ??= startAgain().finally(() => (starting = undefined))
    return starting
  }
  await restart()
  const ended = async (): Promise<unknown> => (shop && !hasEnded() ? once(shop, 'exit') : undefined)
  const pid = (): number => shop?.pid ?? 0
  return {
    ...{name, origin, wire, clock, pid, restart, ended},
    workers: async () => (await descendants(pid())).map((child) => child.pid),
    async stop() {
      if (!hasEnded()) shop?.kill('SIGTERM')
      await ended()
      await wire.close()
    },
  }
}

async function isListening(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/healthcheck/heartbeat/`, {signal: AbortSignal.timeout(2000)})
    await response.body?.cancel()
    return true
  } catch {
    // It starts, or has ended.
    return false
  }
}
