import {spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import {fileURLToPath} from 'node:url'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {Connection, KeeperMessage, KeeperNotice} from './keeper-protocol.ts'
import {connectToKeeper} from './keeper-sockets.ts'
import {embeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'

/** One process's hold on the server. */
export type Share = {
  connection: Connection
  /** Resolves when it ends: given back, or lost because the keeper is gone. */
  ended: Promise<unknown>
  /** Resolves when the keeper has let go: at once, or after stopping the server if this was the last share. */
  giveBack: () => Promise<void>
}

const patienceSeconds = 180
const keeperProgram = fileURLToPath(import.meta.resolve('./keeper.js'))

/** Takes a share of the server in a folder, and starts its keeper if there is none. */
export async function takeShare(dataDir: string): Promise<Share> {
  const deadline = Date.now() + patienceSeconds * 1000
  while (Date.now() < deadline) {
    const socket = await reach(dataDir)
    if (socket === undefined) {
      await startKeeper(dataDir)
      continue
    }
    // Nothing comes from a keeper that is about to end.
    const message = await firstMessage(socket)
    if (message === undefined) continue
    if ('error' in message) {
      socket.destroy()
      throw new DatabaseUnavailableError(message.error)
    }
    return hold(socket, message.connection)
  }
  throw new DatabaseUnavailableError(
    `The embedded database in ${dataDir} does not answer. Its log is ${embeddedPaths(dataDir).log}.`,
  )
}

async function reach(dataDir: string): Promise<Socket | undefined> {
  try {
    return await connectToKeeper(embeddedPaths(dataDir).home)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const owner = isSystemError(error, 'EACCES') ? 'It belongs to another user: run shop as that user. ' : ''
    throw new DatabaseUnavailableError(
      `The embedded database in ${dataDir} cannot be reached: ${reason}. ${owner}` +
        'Set SHOP_DATA_DIR to a folder of your own, or DATABASE_URL to a PostgreSQL server.',
      {cause: error},
    )
  }
}

async function startKeeper(dataDir: string): Promise<void> {
  const keeper = spawn(process.execPath, [keeperProgram, dataDir], {
    cwd: '/',
    detached: true,
    // Neither PG* variables nor NODE_OPTIONS may reach it.
    env: {LC_ALL: 'C', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC'},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const [notice] = (await Promise.race([once(keeper, 'message'), once(keeper, 'disconnect')])) as [KeeperNotice?]
    const error = notice === undefined ? 'Its keeper ended at once.' : notice.error
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

function hold(socket: Socket, connection: Connection): Share {
  // A process that has done its work may end without giving its share back.
  socket.unref()
  const ended = new Promise((resolve) => socket.once('close', resolve))
  return {
    connection,
    ended,
    async giveBack() {
      socket.ref()
      socket.end()
      await ended
    },
  }
}
