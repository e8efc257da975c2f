import {once} from 'node:events'
import {readFile, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {DatabaseUnavailableError} from '../../errors.ts'
import {adviseOn} from './advice.ts'
import type {Binaries} from './binaries.ts'
import {spawnGuarded} from './guarded-child.ts'
import type {Connection} from './keeper-protocol.ts'
import {clearPredecessor, isReady} from './lock-files.ts'
import {type EmbeddedPaths, fitsSocket} from './paths.ts'
import type {ServerLog} from './server-log.ts'
import {stopPostmaster} from './stop-postmaster.ts'
import {isSystemError} from './system-error.ts'

/** A PostgreSQL server that accepts connections. */
export type Server = {
  connection: Connection
  /** Resolves when the server has ended, by itself or after `stop`. */
  ended: Promise<unknown>
  /** `canWrite` is false if the files of the server are gone. */
  stop: (options?: {canWrite?: boolean}) => Promise<void>
}

// Replaying the write-ahead log after a power cut can take long.
const startSeconds = 150

/** Throws DatabaseUnavailableError with the last lines of the log if the server does not start. */
export async function startServer(paths: EmbeddedPaths, binaries: Binaries, log: ServerLog): Promise<Server> {
  // Both reasons to fail are temporary: processes left by a killed server, which end by themselves, and a port that was
  // taken in the meantime.
  for (let attempt = 0; attempt < 5; attempt++) {
    if (attempt > 0) await sleep(400)
    await clearPredecessor(paths)
    const connection = await chooseConnection(paths, attempt)
    const server = await launch(paths, binaries, connection, log)
    if (server === undefined) continue
    if (connection.host !== paths.home) await rememberPort(paths.port, connection.port)
    return server
  }
  throw new DatabaseUnavailableError(
    `The embedded database in ${paths.home} does not start. Its log ends with:\n${log.tail()}`,
    {hint: `The whole log is ${paths.log}. ${adviseOn(log.tail())}`},
  )
}

async function launch(
  {cluster, home}: EmbeddedPaths,
  binaries: Binaries,
  connection: Connection,
  log: ServerLog,
): Promise<Server | undefined> {
  const loopback = connection.host !== home
  const settings = [
    `port=${connection.port}`,
    `listen_addresses=${loopback ? connection.host : ''}`,
    `unix_socket_directories=${loopback ? '' : quoteListItem(home)}`,
    'unix_socket_permissions=0700',
    // There are no standby servers: a transaction's writes to tables and indexes that it created need not go to the WAL.
    'wal_level=minimal',
    'max_wal_senders=0',
  ]
  const child = await spawnGuarded(
    binaries.postgres,
    ['-D', cluster, ...settings.flatMap((set) => ['-c', set])],
    log.write,
  )
  const ended = once(child, 'exit')
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const {pid} = child
  const server = {connection, ended, stop: async (options = {}) => stopPostmaster(pid, hasEnded, options)}
  for (let waited = 0; waited < startSeconds * 1000; waited += 10) {
    if (hasEnded()) return undefined
    if (await isReady(pid, cluster)) return server
    await sleep(10)
  }
  await server.stop()
  return undefined
}

async function chooseConnection(paths: EmbeddedPaths, attempt: number): Promise<Connection> {
  const account = {user: 'shop', database: 'shop'}
  if (fitsSocket(join(paths.home, '.s.PGSQL.5432'))) return {host: paths.home, port: 5432, ...account}
  const port = (attempt === 0 ? await lastPort(paths.port) : undefined) ?? (await freePort())
  return {host: '127.0.0.1', port, ...account, password: (await readFile(paths.password, 'utf8')).trim()}
}

/** The server runs as well if the port cannot be written, as on a full disk. */
async function rememberPort(file: string, port: number): Promise<void> {
  await writeFile(file, String(port)).catch(() => undefined)
}

async function lastPort(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8')) || undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('The TCP listener has no port.')
  return address.port
}

/** Quoted, since the setting is a list of folders separated by commas. */
function quoteListItem(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
