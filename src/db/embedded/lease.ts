import {spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import {fileURLToPath} from 'node:url'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {Connection, KeeperMessage, KeeperNotice} from './keeper-protocol.ts'
import {connectToKeeper} from './keeper-sockets.ts'
import {embeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'

/** One process's claim on the server: a connection to its keeper. */
export type Lease = {
  connection: Connection
  /** Resolves when the lease has been released, or lost because the keeper is gone. */
  ended: Promise<unknown>
  /** Resolves at once if others hold a lease, and otherwise after the server has stopped. */
  release: () => Promise<void>
}

const patienceSeconds = 180
const keeperProgram = fileURLToPath(import.meta.resolve('./keeper.js'))

/** Takes a lease on the server of a data folder, and starts its keeper if there is none. */
export async function takeLease(dataDir: string): Promise<Lease> {
  const deadline = Date.now() + patienceSeconds * 1000
  while (Date.now() < deadline) {
    const socket = await reach(dataDir)
    if (socket === undefined) {
      await startKeeper(dataDir)
      continue
    }
    // A keeper that is about to end closes the connection without a message.
    const message = await firstMessage(socket)
    if (message === undefined) continue
    if ('error' in message) {
      socket.destroy()
      throw new DatabaseUnavailableError(message.error)
    }
    return createLease(socket, message.connection)
  }
  throw new DatabaseUnavailableError(
    `The embedded database in ${dataDir} did not start within ${patienceSeconds} seconds. ` +
      `Its log is ${embeddedPaths(dataDir).log}.`,
  )
}

async function reach(dataDir: string): Promise<Socket | undefined> {
  try {
    return await connectToKeeper(embeddedPaths(dataDir).home)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const advice = isSystemError(error, 'EACCES') ? 'It belongs to another user: run shop as that user. ' : ''
    throw new DatabaseUnavailableError(
      `The embedded database in ${dataDir} cannot be reached: ${reason}. ${advice}` +
        'Set SHOP_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.',
      {cause: error},
    )
  }
}

async function startKeeper(dataDir: string): Promise<void> {
  const keeper = spawn(process.execPath, [keeperProgram, dataDir], {
    cwd: '/',
    detached: true,
    // Keeps PG* variables and NODE_OPTIONS from the keeper.
    env: {LC_ALL: 'C', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC'},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const [notice] = (await Promise.race([once(keeper, 'message'), once(keeper, 'disconnect')])) as [KeeperNotice?]
    const error =
      notice === undefined ? `The process that runs the embedded database in ${dataDir} ended at once.` : notice.error
    if (error !== undefined) throw new DatabaseUnavailableError(error)
  } finally {
    if (keeper.connected) keeper.disconnect()
    keeper.unref()
  }
}

async function firstMessage(socket: Socket): Promise<KeeperMessage | undefined> {
  return new Promise((resolve) => {
    let text = ''
    if (socket.closed) resolve(undefined)
    socket.once('close', () => {
      resolve(undefined)
    })
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.endsWith('\n')) resolve(JSON.parse(text) as KeeperMessage)
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
    async release() {
      socket.ref()
      socket.end()
      await ended
    },
  }
}
