/*
 * A separate program, `node keeper.js DATA_DIR`. It runs the server of one data folder for as long as a shop process holds
 * a lease on it. See docs/decisions/2026-11-23-embedded-postgresql.md.
 */
import {mkdir, realpath} from 'node:fs/promises'

import {DatabaseUnavailableError} from '../../errors.ts'
import {findBinaries} from './binaries.ts'
import {ensureCluster} from './cluster.ts'
import type {KeeperNotice} from './keeper-protocol.ts'
import {becomeKeeper} from './keeper-sockets.ts'
import {type OsUser, prepareFolders, switchToUser} from './os-user.ts'
import {embeddedPaths, type EmbeddedPaths} from './paths.ts'
import {openServerLog} from './server-log.ts'
import {startServer} from './server.ts'
import {createLeases, type Leases} from './keeper-leases.ts'

const dataDir = process.argv[2] ?? ''

// systemd and the end of a session signal all processes at once. The shop needs its database until it has finished.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
process.umask(0o022)
process.title = `shop: keeps the database in ${dataDir}`

try {
  await mkdir(dataDir, {recursive: true})
  const paths = embeddedPaths(await realpath(dataDir))
  const user = await prepareFolders(paths)
  process.chdir(paths.home)
  const leases = createLeases()
  const won = await becomeKeeper(leases.listener, paths.home, user)
  notifyStarter({})
  if (won) await runServer(paths, user, leases)
  else leases.close()
} catch (error) {
  notifyStarter({error: explain(error)})
}

async function runServer(paths: EmbeddedPaths, user: OsUser | undefined, leases: Leases): Promise<void> {
  try {
    const binaries = await findBinaries(paths.dataDir, user)
    if (user) switchToUser(user)
    const log = await openServerLog(paths.log)
    await ensureCluster(paths, binaries, log)
    const server = await startServer(paths, binaries, log)
    leases.announce({connection: server.connection})
    await Promise.race([server.ended, leases.allReleased()])
    leases.close()
    await server.stop()
    log.close()
  } catch (error) {
    leases.announce({error: explain(error)})
    await leases.allReleased()
    leases.close()
  }
}

function explain(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) return error.message
  const reason = error instanceof Error ? error.message : String(error)
  return (
    `The embedded database cannot run in ${dataDir}: ${reason}. ` +
    'Set SHOP_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.'
  )
}

function notifyStarter(notice: KeeperNotice): void {
  process.send?.(notice, undefined, {}, () => {
    if (process.connected) process.disconnect()
  })
}
