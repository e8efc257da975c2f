/*
 * A separate program, `node keeper.js DATA_DIR [existing]`. It runs the server of one data folder for as long as a shop
 * process holds a lease on it. With `existing`, it does not create a database if there is none. See
 * docs/decisions/2026-11-23-embedded-postgresql.md.
 */
import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

import {DatabaseUnavailableError} from '../../errors.ts'
import {otherDatabase} from './advice.ts'
import {copiesName, findBinaries, type FoundBinaries, installBinaries} from './binaries.ts'
import {ensureCluster} from './cluster.ts'
import {makeFolders, makeFolderFor} from './folders.ts'
import {type KeeperNotice, toFailure} from './keeper-protocol.ts'
import {becomeKeeper} from './keeper-sockets.ts'
import {createLeases} from './keeper-leases.ts'
import {isRoot, requirePostgresUser, switchToUser} from './os-user.ts'
import {embeddedPaths, type EmbeddedPaths, homeName} from './paths.ts'
import {openServerLog, type ServerLog} from './server-log.ts'
import {type Server, startServer} from './server.ts'
import {isSystemError} from './system-error.ts'

const [, , dataDir = '', mode] = process.argv

process.umask(0o022)
process.title = `shop: keeps the database in ${dataDir}`

// A broken file system may never answer while the folders are prepared, and the starter of this process may be gone.
const hang = setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60_000)
const wasRoot = isRoot()
const leases = createLeases()
// systemd and the end of a session signal all processes at once. The shop needs its database until it has finished, but
// nobody else will.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, leases.stopLingering)
try {
  if (mode === 'existing') requireCluster()
  const binaries = wasRoot ? await prepareAsRoot() : await findBinaries(dataDir, undefined)
  const paths = await makeFolders(dataDir)
  const won = await becomeKeeper(leases.listener, paths.home)
  // From here on, every step has a time limit of its own.
  clearTimeout(hang)
  notifyStarter({})
  if (won) await runServer(paths, binaries)
} catch (error) {
  notifyStarter(toFailure(explain(error)))
} finally {
  clearTimeout(hang)
  leases.close()
}

/** Does what only root can do, and gives up root. */
async function prepareAsRoot(): Promise<FoundBinaries> {
  const user = await requirePostgresUser()
  await makeFolderFor(user, dataDir, {name: homeName, mode: 0o700})
  const binaries = await findBinaries(dataDir, user)
  if ('packed' in binaries) await makeFolderFor(user, dataDir, {name: copiesName, mode: 0o755})
  switchToUser(user)
  return binaries
}

async function runServer(paths: EmbeddedPaths, found: FoundBinaries): Promise<void> {
  let log: ServerLog | undefined
  let server: Server | undefined
  try {
    const binaries = await installBinaries(found)
    log = await openServerLog(paths.log)
    await ensureCluster(paths, binaries, log)
    server = await startServer(paths, binaries, log)
    leases.announce({connection: server.connection})
    await Promise.race([server.ended, leases.allReleased(), removal(paths)])
  } catch (error) {
    leases.announce(toFailure(explain(error)))
    await leases.allReleased()
  } finally {
    leases.close()
    await server?.stop({canWrite: existsSync(paths.cluster)})
    log?.close()
  }
}

/** A process whose lease has ended must not find an empty database in place of its own. */
function requireCluster(): void {
  if (existsSync(embeddedPaths(dataDir).cluster)) return
  throw new DatabaseUnavailableError(`The embedded database in ${dataDir} has been removed.`, {
    hint: 'Restore the folder, or start shop again to create a new database.',
  })
}

/** Resolves when the cluster has been removed. PostgreSQL itself notices that within a minute. */
async function removal({cluster}: EmbeddedPaths): Promise<void> {
  while (existsSync(cluster)) await sleep(2000, undefined, {ref: false})
}

function explain(error: unknown): DatabaseUnavailableError {
  if (error instanceof DatabaseUnavailableError) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (wasRoot && !isRoot() && isSystemError(error, 'EACCES')) {
    return new DatabaseUnavailableError(
      `PostgreSQL does not run as root, and the user that it runs as instead (uid ${process.getuid?.()}) cannot use ` +
        `${dataDir}: ${reason}.`,
      {
        cause: error,
        hint: 'Set SHOP_DATA_DIR to a folder that is not below one that only root may enter, such as /var/lib/shop.',
      },
    )
  }
  return new DatabaseUnavailableError(`The embedded database cannot run in ${dataDir}: ${reason}.`, {
    cause: error,
    hint: otherDatabase,
  })
}

function notifyStarter(notice: KeeperNotice): void {
  process.send?.(notice, undefined, {}, () => {
    if (process.connected) process.disconnect()
  })
}
