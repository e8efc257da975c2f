import {constants, existsSync} from 'node:fs'
import {type FileHandle, lstat, mkdir, open, readlink} from 'node:fs/promises'
import {join, sep} from 'node:path'

import {DatabaseUnavailableError} from '../../errors.ts'
import {isSystemError} from './system-error.ts'

/*
 * How root finds its way to a data folder. Whoever owns or may write one of the folders on the way can exchange what is
 * below it, and so make root change the owner of another folder. Each folder is therefore opened from the one above,
 * checked while it is open, and used through its handle, never through its path again.
 */

export type TrustedFolder = {
  /** For messages. */
  path: string
  handle: FileHandle
  /** The uid of root, or of the user that may own folders besides root. */
  owner: number
}

type Rules = {
  /** The uid of the only user besides root who may own or write the folders. */
  user: number | undefined
  /** Makes what is missing, down to the first folder of `user`: what is below that is not for root to change. */
  make?: boolean
}

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const maximumLinks = 40

/**
 * Opens a folder. Follows the symbolic links of root only. Throws DatabaseUnavailableError if another user owns or may
 * write a folder on the way, except for one such as /tmp, in which others cannot exchange what they do not own.
 */
export async function openTrusted(path: string, rules: Rules): Promise<TrustedFolder> {
  const folder = await openRoot()
  try {
    return await openBelow(folder, path, rules)
  } finally {
    await folder.handle.close()
  }
}

/** Opens a folder from another one, which stays open. */
export async function openBelow(start: TrustedFolder, path: string, rules: Rules): Promise<TrustedFolder> {
  const names = split(path)
  let folder = await openEntry(start, '.')
  try {
    for (let name = names.shift(), links = 0; name !== undefined; name = names.shift()) {
      if (rules.make && folder.owner !== 0) break
      const target = await readLink(folder, name)
      if (target !== undefined && ++links > maximumLinks) throw untrusted(path, 'has too many symbolic links')
      if (target !== undefined) names.unshift(...split(target))
      const next = await (target === undefined
        ? openChecked(folder, name, rules)
        : target.startsWith(sep)
          ? openRoot()
          : openEntry(folder, '.'))
      await folder.handle.close()
      folder = next
    }
    await requireExclusive(folder)
    return folder
  } catch (error) {
    await folder.handle.close()
    throw error
  }
}

/** The path of an entry of the folder, whatever the folder's own path means by now. */
export function entryPath({handle, path}: TrustedFolder, name: string): string {
  // macOS has no such paths. What was checked there is safe as well, since only root can exchange it.
  return existsSync('/proc/self/fd') ? `/proc/self/fd/${handle.fd}/${name}` : join(path, name)
}

function split(path: string): string[] {
  return path.split(sep).filter((name) => name !== '')
}

/** The root folder is not checked: if it belongs to somebody else, so does every program on the machine. */
async function openRoot(): Promise<TrustedFolder> {
  return {path: sep, handle: await open(sep, openFlags), owner: 0}
}

async function openEntry(folder: TrustedFolder, name: string): Promise<TrustedFolder> {
  const path = join(folder.path, name)
  try {
    const handle = await open(entryPath(folder, name), openFlags)
    return {path, handle, owner: name === '.' ? folder.owner : (await handle.stat()).uid}
  } catch (error) {
    throw isSystemError(error) ? withPath(error, 'open', path) : error
  }
}

async function openChecked(folder: TrustedFolder, name: string, {user, make}: Rules): Promise<TrustedFolder> {
  if (make) await makeIfMissing(folder, name)
  const next = await openEntry(folder, name)
  try {
    const {uid, mode} = await next.handle.stat()
    if (uid !== 0 && uid !== user) throw untrusted(next.path, `belongs to another user (uid ${uid})`)
    const protectsEntries = uid === 0 && (mode & 0o1000) !== 0
    if (isWritable(mode) && !protectsEntries) throw untrusted(next.path, 'can be written by other users')
    return next
  } catch (error) {
    await next.handle.close()
    throw error
  }
}

async function makeIfMissing(folder: TrustedFolder, name: string): Promise<void> {
  try {
    await mkdir(entryPath(folder, name), {mode: 0o755})
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return
    throw isSystemError(error) ? withPath(error, 'mkdir', join(folder.path, name)) : error
  }
}

/** A folder such as /tmp can be on the way, but others could put a file there before the server does. */
async function requireExclusive({handle, path}: TrustedFolder): Promise<void> {
  if (path !== sep && isWritable((await handle.stat()).mode)) throw untrusted(path, 'can be written by other users')
}

async function readLink(folder: TrustedFolder, name: string): Promise<string | undefined> {
  try {
    const path = entryPath(folder, name)
    const stats = await lstat(path)
    if (!stats.isSymbolicLink()) return undefined
    if (stats.uid !== 0)
      throw untrusted(join(folder.path, name), `is a symbolic link of another user (uid ${stats.uid})`)
    return await readlink(path)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

function isWritable(mode: number): boolean {
  return (mode & 0o022) !== 0
}

/** Node's message has the path by which the folder was used, which tells the reader nothing. */
function withPath(error: NodeJS.ErrnoException, action: string, path: string): Error {
  const [reason] = error.message.split(', ')
  return Object.assign(new Error(`${reason}, ${action} '${path}'`, {cause: error}), {code: error.code})
}

function untrusted(path: string, reason: string): DatabaseUnavailableError {
  return new DatabaseUnavailableError(
    `Root cannot keep the embedded database where others may change it: ${path} ${reason}.`,
    {
      hint:
        'Run shop as the user who owns the folder, or set SHOP_DATA_DIR to a folder that only root may write, ' +
        'such as /var/lib/shop.',
    },
  )
}
