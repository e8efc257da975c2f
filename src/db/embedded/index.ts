import {resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Connection} from './keeper-protocol.ts'
import {takeLease} from './lease.ts'

// A server that ends sooner than this is restarted with longer and longer pauses.
const steadyMilliseconds = 60_000

export type EmbeddedServer = {
  /**
   * How to connect: to the existing database `shop`, as the superuser role `shop`. Read it for every new connection,
   * since a port on loopback may change after a crash.
   */
  readonly connection: Connection
  /**
   * Releases the lease. Idempotent. If this was the last lease, the server stays up for `lingerSeconds`, so that the next
   * process need not start it; without them, this resolves once the server has stopped.
   */
  release: (options?: {lingerSeconds?: number}) => Promise<void>
}

/**
 * Takes a lease on the PostgreSQL server of a data folder, and starts the server if it is not running. All processes that
 * use the folder share one server, which stops when the last of them ends, for whatever reason. Throws
 * DatabaseUnavailableError.
 */
export async function acquireEmbeddedServer(dataDir: string): Promise<EmbeddedServer> {
  const folder = resolve(dataDir)
  let lease = await takeLease(folder, {create: true})
  const connection = {...lease.connection}
  const ending = new AbortController()
  const isReleased = (): boolean => ending.signal.aborted
  let released: Promise<unknown> | undefined
  const renewal = renew()

  /** Takes a new lease after the keeper or the server was killed. The first process to do so restarts them. */
  async function renew(): Promise<void> {
    for (let pause = 0; !isReleased(); pause = Math.min(pause * 2 || 500, 5000)) {
      const taken = performance.now()
      await lease.ended
      if (performance.now() - taken > steadyMilliseconds) pause = 0
      await sleep(pause, undefined, {ref: false, signal: ending.signal}).catch(() => undefined)
      if (isReleased()) return
      try {
        lease = await takeLease(folder, {create: false})
        Object.assign(connection, lease.connection)
      } catch {
        // New connections fail meanwhile, with their own errors. The cause may be temporary, such as a full disk.
      }
    }
    await lease.release({lingerSeconds: 0})
  }

  return {
    connection,
    async release({lingerSeconds = 0} = {}) {
      ending.abort()
      released ??= Promise.all([lease.release({lingerSeconds}), renewal])
      await released
    },
  }
}
