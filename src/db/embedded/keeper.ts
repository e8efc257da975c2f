/*
 * A program of its own, `node keeper.js DATA_DIR`: runs the server of one data folder for as long as a shop process
 * holds a connection to it. See docs/decisions/2026-11-23-embedded-postgresql.md.
 */
import {mkdir, realpath} from 'node:fs/promises'

import {DatabaseUnavailableError} from '../../errors.ts'
import {findBinaries} from './binaries.ts'
import {ensureCluster} from './cluster.ts'
import type {KeeperNotice} from './keeper-protocol.ts'
import {becomeKeeper} from './keeper-sockets.ts'
import {becomeOwner, type Owner, prepareFolders} from './os-user.ts'
import {embeddedPaths, type EmbeddedPaths} from './paths.ts'
import {openServerLog} from './server-log.ts'
import {startServer} from './server.ts'
import {createShares, type Shares} from './leases.ts'

const dataDir = process.argv[2] ?? ''

// A stop of everything, by systemd or at the end of a session, must leave the shop its database until it is done.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
process.umask(0o022)
process.title = `shop: keeps the database in ${dataDir}`

try {
  await mkdir(dataDir, {recursive: true})
  const paths = embeddedPaths(await realpath(dataDir))
  const owner = await prepareFolders(paths)
  process.chdir(paths.home)
  const shares = createShares()
  const won = await becomeKeeper(shares.listener, paths.home, owner)
  notifyStarter({})
  if (won) await keep(paths, owner, shares)
  else shares.close()
} catch (error) {
  notifyStarter({error: explain(error)})
}

async function keep(paths: EmbeddedPaths, owner: Owner | undefined, shares: Shares): Promise<void> {
  try {
    const binaries = await findBinaries(paths.dataDir, owner)
    if (owner) becomeOwner(owner)
    const log = await openServerLog(paths.log)
    await ensureCluster(paths, binaries, log)
    const server = await startServer(paths, binaries, log)
    shares.announce({connection: server.connection})
    await Promise.race([server.ended, shares.allGone()])
    shares.close()
    await server.stop()
    log.close()
  } catch (error) {
    shares.announce({error: explain(error)})
    await shares.allGone()
    shares.close()
  }
}

function explain(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) return error.message
  const reason = error instanceof Error ? error.message : String(error)
  return (
    `The embedded database cannot run in ${dataDir}: ${reason}. ` +
    'Set SHOP_DATA_DIR to a folder of your own, or set DATABASE_URL to a PostgreSQL server.'
  )
}

function notifyStarter(notice: KeeperNotice): void {
  process.send?.(notice, undefined, {}, () => {
    if (process.connected) process.disconnect()
  })
}
