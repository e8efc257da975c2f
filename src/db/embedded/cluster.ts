import {randomBytes, randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {open, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {userInfo} from 'node:os'
import {join} from 'node:path'

import {DatabaseUnavailableError} from '../../errors.ts'
import {adviseOn} from './advice.ts'
import type {Binaries} from './binaries.ts'
import {spawnGuarded} from './guarded-child.ts'
import type {EmbeddedPaths} from './paths.ts'
import type {ServerLog} from './server-log.ts'
import {stopPostmaster} from './stop-postmaster.ts'
import {isSystemError} from './system-error.ts'

const initdbOptions = [
  '--username=shop',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=icu',
  '--icu-locale=und',
  // Only the server's user and root can enter the folder of the socket.
  '--auth-local=trust',
  '--auth-host=scram-sha-256',
  '--no-instructions',
  '--set=max_connections=200',
  // No I/O workers: the server starts in 54 ms instead of 96, and a small shop reads from its cache.
  '--set=io_method=sync',
]

/**
 * Decides which characters are letters, for the trigrams of searches; with C, only ASCII letters are. The first locale
 * that exists on the machine is used.
 */
const characterTypes = ['C.UTF-8', 'en_US.UTF-8', 'C']

// Takes two seconds on a usual disk.
const createSeconds = 150

/**
 * Creates the cluster, with a database `shop`, if there is none. It is made under a temporary name and renamed once it is
 * complete. Throws DatabaseUnavailableError if the cluster was made by another major version.
 */
export async function ensureCluster(paths: EmbeddedPaths, binaries: Binaries, log: ServerLog): Promise<void> {
  const major = await clusterMajor(paths.cluster)
  if (major === undefined) return createCluster(paths, binaries, log)
  if (major === binaries.major) return
  throw new DatabaseUnavailableError(
    `The database in ${paths.cluster} was created by PostgreSQL ${major}, but this version of the shop includes ` +
      `PostgreSQL ${binaries.major}.`,
    {
      hint:
        `Nothing was changed. With the version of the shop that has PostgreSQL ${major}, run \`shop backup FILE\`. Then set ` +
        'SHOP_DATA_DIR to a new folder and run `shop restore FILE` with this version.',
    },
  )
}

async function createCluster(paths: EmbeddedPaths, binaries: Binaries, log: ServerLog): Promise<void> {
  requireUserName()
  await removeUnfinished(paths.home)
  const unfinished = join(paths.home, `cluster.${randomUUID()}`)
  try {
    await writeFile(paths.password, `${randomBytes(24).toString('base64url')}\n`, {mode: 0o600})
    await initialize(binaries.initdb, [...initdbOptions, `--pwfile=${paths.password}`, `--pgdata=${unfinished}`], log)
    const single = ['--single', '-D', unfinished, '-c', 'exit_on_error=on', 'postgres']
    await runLogged(binaries.postgres, single, 'create database shop\n', log)
    await rename(unfinished, paths.cluster)
  } catch (error) {
    // Most likely the disk is full, so nothing is left on it until the next attempt.
    await removeUnfinished(paths.home)
    throw error
  }
  await syncFolder(paths.home)
}

/** initdb asks the system for the name, although the database does not use it. */
function requireUserName(): void {
  try {
    userInfo()
  } catch (error) {
    const uid = process.getuid?.()
    throw new DatabaseUnavailableError(
      `PostgreSQL cannot create a database as a user without a name, and no name belongs to uid ${uid}.`,
      {
        cause: error,
        hint: 'Add the user to /etc/passwd, run shop as a user who has a name, or set DATABASE_URL to a PostgreSQL server.',
      },
    )
  }
}

async function initialize(initdb: string, options: string[], log: ServerLog): Promise<void> {
  for (const characterType of characterTypes) {
    try {
      await runLogged(initdb, [...options, `--lc-ctype=${characterType}`], '', log)
      return
    } catch (error) {
      if (characterType === characterTypes.at(-1) || !log.tail().includes('invalid locale')) throw error
    }
  }
}

async function clusterMajor(cluster: string): Promise<string | undefined> {
  try {
    return (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

async function removeUnfinished(home: string): Promise<void> {
  const unfinished = (await readdir(home)).filter((name) => name.startsWith('cluster.'))
  for (const name of unfinished) {
    // If its keeper was killed, initdb may go on writing for a moment.
    await rm(join(home, name), {recursive: true, force: true, maxRetries: 10})
  }
}

async function runLogged(command: string, args: string[], input: string, log: ServerLog): Promise<void> {
  const child = await spawnGuarded(command, args, log.write)
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const timer = setTimeout(() => void stopPostmaster(child.pid, hasEnded), createSeconds * 1000)
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (code === 0) return
  throw new DatabaseUnavailableError(`The embedded database could not be created:\n${log.tail()}`, {
    hint: adviseOn(log.tail()),
  })
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
