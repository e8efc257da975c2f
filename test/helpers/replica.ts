import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmod, chown, cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'
import pg from 'pg'

import {connect} from '../../src/db/connect.ts'
import {type Binaries, findBinaries} from '../../src/db/embedded/binaries.ts'
import {isRoot, type OsUser, requirePostgresUser} from '../../src/db/embedded/os-user.ts'
import {migrateToLatest} from '../../src/db/migrate.ts'
import {onlyRow, query} from '../../src/db/query.ts'
import {findFreePort} from './nginx.ts'
import {until} from './until.ts'

type Owner = Pick<ExecutionContext, 'teardown'>

/** A PostgreSQL server of its own, which a test may kill. */
export type PostgresServer = {
  url: string
  folder: string
  db: Knex
  start: () => Promise<void>
  /** `fast` ends sessions, and `immediate` ends at once, as a crash does. */
  stop: (how?: 'fast' | 'immediate') => Promise<void>
  /** Lets it answer nothing, as if its host had frozen. */
  freeze: () => void
  thaw: () => void
}

const settings = [
  'wal_level=replica',
  'max_wal_senders=5',
  'fsync=off',
  'shared_buffers=16MB',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
  // A conflict with the replay ends the statements of a standby at once.
  'max_standby_streaming_delay=0',
  'wal_receiver_status_interval=1',
  'wal_retrieve_retry_interval=100ms',
  'log_min_messages=fatal',
]

/** Starts a server that replicas can be made of, with a migrated database. `more` are settings of PostgreSQL. */
export async function startPrimary(t: Owner, more: string[] = []): Promise<PostgresServer> {
  const {binaries, user} = await findServer()
  const folder = await makeFolder(t, user)
  const options = [
    '--username=shop',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    '--set=io_method=sync',
  ]
  await run(binaries.initdb, ['-D', folder, ...options], user)
  const server = await launch(t, folder, more)
  const admin = connect(() => ({connectionString: server.url.replace(/shop$/, 'postgres')}), {poolSize: 1})
  await admin.raw('create database shop')
  await admin.destroy()
  await migrateToLatest(server.db)
  return server
}

/** Makes a streaming replica while the primary runs, as pg_basebackup does, which the embedded PostgreSQL lacks. */
export async function startReplica(t: Owner, primary: PostgresServer, more: string[] = []): Promise<PostgresServer> {
  const {user} = await findServer()
  const folder = await makeFolder(t, user)
  const client = new pg.Client(primary.url)
  await client.connect()
  await client.query(`select pg_backup_start('replica', true)`)
  const isLeftOut = (path: string): boolean => /\/postmaster\.(pid|opts)$|\/pg_replslot\/.|\/pg_stat_tmp\/./.test(path)
  await cp(primary.folder, folder, {recursive: true, filter: (path) => !isLeftOut(path)})
  const {rows} = await client.query<{labelfile: string}>('select labelfile from pg_backup_stop(false)')
  await client.end()
  await writeFile(join(folder, 'backup_label'), onlyRow(rows).labelfile)
  await writeFile(join(folder, 'standby.signal'), '')
  const {port} = new URL(primary.url)
  await writeFile(join(folder, 'postgresql.auto.conf'), `primary_conninfo = 'host=127.0.0.1 port=${port} user=shop'\n`)
  if (user) await run('/bin/chown', ['-R', `${user.uid}:${user.gid}`, folder], undefined)
  return launch(t, folder, more)
}

/** Waits until the replica has replayed everything that the primary has committed. */
export async function untilReplayed(primary: PostgresServer, replica: PostgresServer): Promise<void> {
  const [{position}] = (await query<{position: string}>(
    primary.db,
    'select pg_current_wal_flush_lsn()::text as position',
  )) as [{position: string}]
  await until(async () => {
    const rows = await query<{isThere: boolean}>(
      replica.db,
      'select coalesce(pg_last_wal_replay_lsn() >= ?::pg_lsn, false) as "isThere"',
      [position],
    )
    return onlyRow(rows).isThere
  })
}

async function findServer(): Promise<{binaries: Binaries; user: OsUser | undefined}> {
  const user = isRoot() ? await requirePostgresUser() : undefined
  const found = await findBinaries(tmpdir(), user)
  if (!('ready' in found)) throw new Error("The server's user cannot run the embedded PostgreSQL.")
  return {binaries: found.ready, user}
}

async function makeFolder(t: Owner, user: OsUser | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-replica-'))
  await chmod(folder, 0o700)
  if (user) await chown(folder, user.uid, user.gid)
  t.teardown(async () => rm(folder, {recursive: true, force: true, maxRetries: 10}))
  return folder
}

async function launch(t: Owner, folder: string, more: string[]): Promise<PostgresServer> {
  const {binaries, user} = await findServer()
  const port = await findFreePort()
  const url = `postgres://shop@127.0.0.1:${port}/shop`
  const db = connect(() => ({connectionString: url}), {poolSize: 4})
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const args = ['-D', folder, '-p', String(port), ...[...settings, ...more].flatMap((setting) => ['-c', setting])]
    const started = spawn(binaries.postgres, args, {cwd: '/', env: {}, stdio: 'ignore', ...user})
    child = started
    guard(started)
    await until(async () => started.exitCode !== null || answers(url))
    if (started.exitCode !== null) throw new Error(`The server in ${folder} does not start.`)
  }

  async function stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const stopping = child
    child = undefined
    if (!stopping) return
    const ended = once(stopping, 'exit')
    stopping.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  const signalAll = (signal: NodeJS.Signals): void => {
    // Its sessions and the replay are processes of their own. Once it is stopped itself, it starts no more of them.
    const kill = `kill -${signal.slice(3)}`
    spawn('/bin/sh', ['-c', `${kill} ${child?.pid}; ${kill} $(cat /proc/${child?.pid}/task/*/children)`])
  }
  // After the pools of the test are closed.
  t.teardown(async () => {
    await db.destroy()
    if (child) signalAll('SIGCONT')
    await stop('immediate')
  })
  await start()
  return {
    ...{url, folder, db, start, stop},
    freeze: () => {
      signalAll('SIGSTOP')
    },
    thaw: () => {
      signalAll('SIGCONT')
    },
  }
}

/** Ends the server if this process is killed, as ava does after a time-out: then the kernel closes the pipe. */
function guard(server: ChildProcess): void {
  const script = `read -r ended && exit; kill -CONT ${server.pid}; kill -QUIT ${server.pid}`
  const waiting = spawn('/bin/sh', ['-c', script], {stdio: ['pipe', 'ignore', 'ignore'], detached: true})
  waiting.stdin.on('error', () => undefined)
  server.once('exit', () => waiting.stdin.end('ended\n'))
}

async function answers(url: string): Promise<boolean> {
  // The database of a new cluster does not exist yet.
  const client = new pg.Client(url.replace(/shop$/, 'postgres'))
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end()
  }
}

async function run(command: string, args: string[], user: OsUser | undefined): Promise<void> {
  const child = spawn(command, args, {cwd: '/', env: {PATH: '/usr/bin:/bin'}, stdio: 'ignore', ...user})
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} ended with ${code}.`)
}
