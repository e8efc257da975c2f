import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {link, mkdtemp, readdir, rm, symlink} from 'node:fs/promises'
import {connect, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {fitsSocket} from './paths.ts'
import {isSystemError} from './system-error.ts'

/*
 * Ensures that each folder has one keeper. Node has no file locks, and a stale socket cannot be replaced in one step, so
 * the name of a socket is never used twice: a candidate links its socket to the next number, which only one candidate
 * can do, and the highest number belongs to the keeper. A keeper leaves its socket behind when it ends, so that the next
 * one counts on from its number.
 */

const numbered = /^keeper\.(\d+)\.sock$/

function socketName(generation: number): string {
  return `keeper.${generation}.sock`
}

/** Connects to the folder's keeper; undefined if there is none. */
export async function connectToKeeper(home: string): Promise<Socket | undefined> {
  const generation = await latestGeneration(home)
  return generation === 0 ? undefined : connectIn(home, socketName(generation))
}

/** Makes the listener the folder's keeper, unless the folder has one. The working directory must be the folder. */
export async function becomeKeeper(listener: Server, home: string): Promise<boolean> {
  const generation = (await latestGeneration(home)) + 1
  const incumbent = await connectToKeeper(home)
  incumbent?.destroy()
  if (incumbent) return false

  // Listens before it gets its name, so that a numbered socket that refuses connections always means a dead keeper.
  const candidate = `keeper.${randomUUID()}.new`
  await once(listener.listen(candidate), 'listening')
  const name = socketName(generation)
  try {
    const won = await takeName(candidate, name)
    // If another keeper came and went since the look-up, this number may be an old one whose socket was swept.
    if (won && (await latestGeneration(home)) === generation) {
      await sweep(home, name)
      return true
    }
    if (won) await rm(name, {force: true})
    return false
  } finally {
    await rm(candidate, {force: true})
  }
}

async function latestGeneration(home: string): Promise<number> {
  try {
    const names = await readdir(home)
    return Math.max(0, ...names.map((name) => Number(numbered.exec(name)?.[1] ?? 0)))
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0
    throw error
  }
}

async function takeName(candidate: string, name: string): Promise<boolean> {
  try {
    await link(candidate, name)
    return true
  } catch (error) {
    // Another candidate has taken the name, and may also have swept this one's socket.
    if (isSystemError(error, 'EEXIST', 'ENOENT')) return false
    throw error
  }
}

async function sweep(home: string, name: string): Promise<void> {
  const names = await readdir(home)
  const old = names.filter((other) => /^keeper\..*\.(sock|new)$/.test(other) && other !== name)
  await Promise.all(old.map(async (other) => rm(join(home, other), {force: true})))
}

async function connectIn(home: string, name: string): Promise<Socket | undefined> {
  const path = join(home, name)
  if (fitsSocket(path)) return connectTo(path)
  const folder = await mkdtemp(join(tmpdir(), 'shop-'))
  try {
    await symlink(home, join(folder, 'home'))
    return await connectTo(join(folder, 'home', name))
  } finally {
    await rm(folder, {recursive: true})
  }
}

async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket.on('error', () => socket.destroy())
  } catch (error) {
    if (isSystemError(error, 'ECONNREFUSED', 'ECONNRESET', 'ENOENT')) return undefined
    throw error
  }
}
