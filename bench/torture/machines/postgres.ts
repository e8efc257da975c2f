import type {ChildProcess} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {createWriteStream} from 'node:fs'
import {chown, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {setTimeout as sleep} from 'node:timers/promises'

import pg from 'pg'

import {findBinaries, installBinaries} from '../../../src/db/embedded/binaries.ts'
import {isRoot, requirePostgresUser} from '../../../src/db/embedded/os-user.ts'
import {BenchmarkError} from '../../benchmark-error.ts'
import type {Clock} from './clock.ts'
import {freePort} from './free-port.ts'
import type {Owned} from './owned.ts'

export type PostgresServer = {
  host: string
  port: number
  url: string
  /** Of the postmaster. */
  pid: () => number
  /** Starts it again, once all processes of the one before are gone. */
  restart: () => Promise<void>
  /** Resolves when the postmaster has ended. */
  ended: () => Promise<unknown>
}

const startMs = 60_000

/** Starts the PostgreSQL of the embedded server, which nothing restarts but `restart`. */
export async function startPostgres({folder, start}: Owned, clock: Clock): Promise<PostgresServer> {
  const user = isRoot() ? await requirePostgresUser() : undefined
  const binaries = await installBinaries(await findBinaries(folder, user))
  const home = join(folder, 'postgres')
  await mkdir(home, {mode: 0o700})
  if (user) await chown(home, user.uid, user.gid)
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password, {mode: 0o600})
  if (user) await chown(passwordFile, user.uid, user.gid)
  const cluster = join(home, 'cluster')
  const options = {cwd: home, env: {PATH: process.env.PATH, LC_ALL: 'C.UTF-8'}, ...user}

  const initdb = start(
    binaries.initdb,
    ['-D', cluster, '-U', 'shop', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--no-sync'],
    {...options, stdio: ['ignore', 'ignore', 'pipe']},
  )
  const errors = initdb.stderr ? text(initdb.stderr) : Promise.resolve('')
  const [code] = (await once(initdb, 'close')) as [number | null]
  if (code !== 0) throw new BenchmarkError(`initdb failed. ${await errors}`)

  const port = await freePort()
  const host = '127.0.0.1'
  const url = `postgres://shop:${password}@${host}:${port}/postgres`
  const log = createWriteStream(join(folder, 'postgres.log'), {flags: 'a'})
  await once(log, 'open')
  const settings = {
    port: String(port),
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: '200',
    io_method: 'sync',
  }
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  let server: ChildProcess | undefined
  const hasEnded = (): boolean => server === undefined || (server.exitCode ?? server.signalCode) !== null

  // Processes of a server that was killed keep its shared memory for a moment, and a new one refuses to start.
  const startAgain = async (): Promise<void> => {
    const deadline = performance.now() + startMs
    do {
      if (hasEnded()) {
        server = start(binaries.postgres, args, {
          ...options,
          env: {...options.env, ...clock.env},
          stdio: ['ignore', log, log],
        })
      }
      await sleep(200)
      if (await answers(url)) return
    } while (performance.now() < deadline)
    throw new BenchmarkError(`PostgreSQL did not start within ${startMs / 1000} s.`)
  }
  // Faults that strike at the same time share a start.
  let starting: Promise<void> | undefined
  const restart = async (): Promise<void> => {
    starting ??= startAgain().finally(() => (starting = undefined))
    return starting
  }
  await restart()
  return {
    host,
    port,
    url,
    pid: () => server?.pid ?? 0,
    restart,
    ended: async () => (server && !hasEnded() ? once(server, 'exit') : undefined),
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 2000})
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select')
    return true
  } catch {
    // It starts, recovers, or has ended.
    return false
  } finally {
    void client.end().catch(() => undefined)
  }
}
