import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

import {DatabaseUnavailableError} from '../../errors.ts'
import {otherDatabase} from './advice.ts'
import {openHome} from './folders.ts'
import {
  type Connection,
  type KeeperMessage,
  type KeeperNotice,
  parseMessage,
  type Release,
  toError,
} from './keeper-protocol.ts'
import {connectToKeeper} from './keeper-sockets.ts'
import {embeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'
import {entryPath} from './trusted-folder.ts'

/** One process's claim on the server: a connection to its keeper. */
export type Lease = {
  connection: Connection
  /** Resolves when the lease has been released, or lost because the keeper is gone. */
  ended: Promise<unknown>
  /** Resolves at once if others hold a lease or the server is to stay, and otherwise after the server has stopped. */
  release: (release: Release) => Promise<void>
}

const patienceSeconds = 180
// A keeper reports within a second, before it creates a database or starts the server.
const noticeSeconds = 30
// A keeper stops the server within 50 seconds.
const stopSeconds = 60
// Others may stop the keeper that this process has started, but not again and again.
const maximumKeepers = 10
const maximumMessage = 100_000
const keeperProgram = fileURLToPath(import.meta.resolve('./keeper.js'))

/**
 * Takes a lease on the server of a data folder, and starts its keeper if there is none. If `create` is false, it does not
 * create a database.
 */
export async function takeLease(dataDir: string, {create}: {create: boolean}): Promise<Lease> {
  // Not the time of day, which may jump.
  const deadline = performance.now() + patienceSeconds * 1000
  for (let attempt = 0, keepers = 0; performance.now() < deadline && keepers < maximumKeepers; attempt++) {
    if (attempt > 1) await sleep(Math.min(10 * 2 ** attempt, 1000))
    const socket = await reach(dataDir)
    if (socket === undefined) {
      await startKeeper(dataDir, {create})
      keepers++
      continue
    }
    // A keeper that is about to end closes the connection without a message.
    const message = await firstMessage(socket, deadline - performance.now())
    if (message === undefined) continue
    if ('connection' in message) return createLease(socket, message.connection)
    socket.destroy()
    throw toError(message)
  }
  throw new DatabaseUnavailableError(`The embedded database in ${dataDir} does not start.`, {
    hint: `If it has a log, that is ${embeddedPaths(dataDir).log}.`,
  })
}

async function reach(dataDir: string): Promise<Socket | undefined> {
  try {
    const home = await openHome(embeddedPaths(dataDir).home)
    try {
      return await connectToKeeper(entryPath(home, '.'))
    } finally {
      await home.handle.close()
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    if (error instanceof DatabaseUnavailableError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const advice = isSystemError(error, 'EACCES') ? 'If it belongs to another user, run shop as that user. ' : ''
    throw new DatabaseUnavailableError(`The embedded database in ${dataDir} cannot be reached: ${reason}.`, {
      cause: error,
      hint: advice + otherDatabase,
    })
  }
}

async function startKeeper(dataDir: string, {create}: {create: boolean}): Promise<void> {
  const keeper = spawnKeeper(dataDir, create ? [] : ['existing'])
  try {
    const timeout = sleep(noticeSeconds * 1000, 'timeout' as const, {ref: false})
    const outcome = await Promise.race([once(keeper, 'message'), once(keeper, 'disconnect'), timeout])
    if (outcome === 'timeout') {
      keeper.kill('SIGKILL')
      throw failure(dataDir, `did not answer within ${noticeSeconds} seconds`)
    }
    const [notice] = outcome as [KeeperNotice?]
    if (notice === undefined) throw failure(dataDir, 'ended at once')
    if (notice.error !== undefined) throw toError({...notice, error: notice.error})
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error
    throw failure(dataDir, `could not be started (${error instanceof Error ? error.message : String(error)})`, error)
  } finally {
    if (keeper.connected) keeper.disconnect()
    keeper.unref()
  }
}

function spawnKeeper(dataDir: string, args: string[]): ChildProcess {
  try {
    return spawn(process.execPath, [keeperProgram, dataDir, ...args], {
      cwd: '/',
      detached: true,
      // Keeps PG* variables and NODE_OPTIONS from the keeper.
      env: {LC_ALL: 'C', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC'},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  } catch (error) {
    // Node reports most reasons as an event, and others such as a lack of memory here.
    throw failure(dataDir, `could not be started (${error instanceof Error ? error.message : String(error)})`, error)
  }
}

function failure(dataDir: string, reason: string, cause?: unknown): DatabaseUnavailableError {
  return new DatabaseUnavailableError(`The process that runs the embedded database in ${dataDir} ${reason}.`, {
    cause,
    hint: otherDatabase,
  })
}

/** Returns undefined if the connection ends without a message. */
async function firstMessage(socket: Socket, milliseconds: number): Promise<KeeperMessage | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const timer = setTimeout(() => socket.destroy(), milliseconds)
    const end = (message?: KeeperMessage): void => {
      clearTimeout(timer)
      resolve(message)
    }
    if (socket.closed) end()
    socket.once('close', () => {
      end()
    })
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.endsWith('\n')) end(parseMessage(text))
      else if (text.length > maximumMessage) socket.destroy()
    })
  })
}

function createLease(socket: Socket, connection: Connection): Lease {
  // Lets a process end without releasing its lease.
  socket.unref()
  const ended = new Promise((resolve) => socket.once('close', resolve))
  return {
    connection,
    ended,
    async release(release) {
      socket.ref()
      socket.end(`${JSON.stringify(release)}\n`)
      const timer = setTimeout(() => socket.destroy(), stopSeconds * 1000)
      await ended
      clearTimeout(timer)
    },
  }
}
