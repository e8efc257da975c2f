import {resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Connection} from './keeper-protocol.ts'
import {takeShare} from './lease.ts'

export type EmbeddedServer = {
  /**
   * How to connect: to a database `shop` that exists, as a superuser role `shop`. Read it for every new connection:
   * after a crash the port on loopback may be another one.
   */
  readonly connection: Connection
  /** Gives the share back; the last share's end stops the server. Idempotent. Resolves when it has stopped. */
  release: () => Promise<void>
}

/**
 * Takes a share of the PostgreSQL server that lives in a folder, and starts it if it does not run. All processes on the
 * folder share one server, which ends with the last of them, however that ends. Throws DatabaseUnavailableError.
 */
export async function acquireEmbeddedServer(dataDir: string): Promise<EmbeddedServer> {
  const folder = resolve(dataDir)
  let share = await takeShare(folder)
  const connection = {...share.connection}
  const ending = new AbortController()
  const isReleased = (): boolean => ending.signal.aborted
  let released: Promise<unknown> | undefined
  const kept = keep()

  /** Takes a new share when the keeper or the server was killed: one of the processes that do so restarts them. */
  async function keep(): Promise<void> {
    while (!isReleased()) {
      await share.ended
      if (isReleased()) return
      try {
        share = await takeShare(folder)
        Object.assign(connection, share.connection)
      } catch {
        // Whoever uses the connection learns of it there. It may pass, as a full disk does.
        await sleep(1000, undefined, {ref: false, signal: ending.signal}).catch(() => undefined)
      }
    }
    await share.giveBack()
  }

  return {
    connection,
    async release() {
      ending.abort()
      released ??= Promise.all([share.giveBack(), kept])
      await released
    },
  }
}
