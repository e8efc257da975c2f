import {constants} from 'node:fs'
import {lstat, mkdir, open, readdir, realpath, stat} from 'node:fs/promises'
import {dirname} from 'node:path'

import {DatabaseUnavailableError} from '../../errors.ts'
import {findPostgresUser, isRoot, type OsUser} from './os-user.ts'
import {embeddedPaths, type EmbeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'
import {entryPath, openBelow, openTrusted, type TrustedFolder} from './trusted-folder.ts'

// PostgreSQL cuts paths off at 1024 bytes. The longest that it makes in a cluster have less than 100.
const maximumPathBytes = 900

/**
 * Makes, as root, a folder in the data folder, and gives it to `user`. In a folder of the user's own, root makes nothing:
 * that is left to `makeFolders`, when root has been given up.
 */
export async function makeFolderFor(
  user: OsUser,
  dataDir: string,
  {name, mode}: {name: string; mode: number},
): Promise<void> {
  requireShortPath(dataDir)
  const folder = await openTrusted(dataDir, {user: user.uid, make: true})
  try {
    if (folder.owner !== 0) return
    await letUserEnter(folder)
    await giveTo(user, folder, name, mode)
  } finally {
    await folder.handle.close()
  }
}

/** Makes the folders that are missing, as the server's user, and makes the home of the server the working directory. */
export async function makeFolders(dataDir: string): Promise<EmbeddedPaths> {
  requireShortPath(dataDir)
  await makeFolder(dataDir, 0o755)
  const paths = embeddedPaths(await realpath(dataDir))
  await makeFolder(paths.home, 0o700)
  const home = await openOwn(paths.home)
  try {
    // Keeps other users from the server's socket.
    await home.handle.chmod(0o700)
    process.chdir(paths.home)
  } finally {
    await home.handle.close()
  }
  return paths
}

/** Opens the home of the server, to look for its keeper. Throws DatabaseUnavailableError if it is not safe to use. */
export async function openHome(home: string): Promise<TrustedFolder> {
  if (!isRoot()) return openOwn(home)
  return openTrusted(home, {user: (await findPostgresUser())?.uid})
}

/** Opens a folder of this process's own user. */
async function openOwn(path: string): Promise<TrustedFolder> {
  const uid = process.getuid?.()
  const link = await lstat(path)
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  const owner = (await handle.stat()).uid
  if (uid === undefined || (owner === uid && (link.uid === uid || link.uid === 0))) return {path, handle, owner}
  await handle.close()
  throw new DatabaseUnavailableError(`The folder ${path} belongs to another user (uid ${link.uid}).`, {
    hint: 'Run shop as that user, or set SHOP_DATA_DIR to another folder.',
  })
}

/** Lets other users enter an empty folder that only root may enter, as made by `mktemp -d`. Others are left as they are. */
async function letUserEnter(folder: TrustedFolder): Promise<void> {
  const {mode} = await folder.handle.stat()
  if ((mode & 0o001) !== 0 || (await readdir(entryPath(folder, '.'))).length > 0) return
  await folder.handle.chmod(0o711)
}

async function giveTo(user: OsUser, parent: TrustedFolder, name: string, mode: number): Promise<void> {
  const folder = await openBelow(parent, name, {user: user.uid, make: true})
  try {
    if (folder.owner !== 0) return
    await folder.handle.chown(user.uid, user.gid)
    await folder.handle.chmod(mode)
  } finally {
    await folder.handle.close()
  }
}

/** Unlike Node's recursive mkdir, this ends in a folder such as /proc, in which nothing can be made. */
async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, {mode})
  } catch (error) {
    if (await isFolder(path)) return
    if (!isSystemError(error, 'ENOENT') || dirname(path) === path || (await isFolder(dirname(path)))) throw error
    await makeFolder(dirname(path), 0o755)
    await mkdir(path, {mode})
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

function requireShortPath(dataDir: string): void {
  if (Buffer.byteLength(embeddedPaths(dataDir).cluster) <= maximumPathBytes) return
  throw new DatabaseUnavailableError(
    `PostgreSQL cannot use a path of more than ${maximumPathBytes} bytes: ${dataDir}.`,
    {
      hint: 'Set SHOP_DATA_DIR to a folder with a shorter path.',
    },
  )
}
