import {execFile} from 'node:child_process'
import {chmod, chown, mkdir, readdir, stat} from 'node:fs/promises'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {EmbeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

/** A user of the operating system. */
export type OsUser = {uid: number; gid: number}

/**
 * Makes the folders. PostgreSQL does not run as root, so for root this returns the user to run the server as: the owner
 * of the folder, or `postgres`. For any other user it returns undefined, and the server runs as that user.
 */
export async function prepareFolders(paths: EmbeddedPaths): Promise<OsUser | undefined> {
  await mkdir(paths.dataDir, {recursive: true})
  if (process.getuid?.() !== 0) {
    await makeHome(paths.home)
    return undefined
  }
  const user = (await ownerOf(paths.home)) ?? (await ownerOf(paths.dataDir)) ?? (await postgresUser())
  await handOver(paths.dataDir, user)
  await makeHome(paths.home)
  await chown(paths.home, user.uid, user.gid)
  checkAccess(paths.home, user)
  return user
}

/** Gives up root for good. */
export function switchToUser({uid, gid}: OsUser): void {
  process.setgroups?.([gid])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

function checkAccess(home: string, {uid, gid}: OsUser): void {
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    process.chdir(home)
  } catch (error) {
    throw new DatabaseUnavailableError(
      `PostgreSQL does not run as root, and the user that it runs as instead (uid ${uid}) cannot enter ${home}. ` +
        'Set SHOP_DATA_DIR to a folder that is not below one that only root may enter, such as /var/lib/shop.',
      {cause: error},
    )
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** Nobody else may enter the folder, which is what keeps other users from the server's socket. */
async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, {mode: 0o700})
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    await chmod(home, 0o700)
  }
}

async function ownerOf(path: string): Promise<OsUser | undefined> {
  try {
    const {uid, gid} = await stat(path)
    return uid === 0 ? undefined : {uid, gid}
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Changes the owner of an empty folder that only root may enter, as made by `mktemp -d`. Others are left as they are. */
async function handOver(dataDir: string, user: OsUser): Promise<void> {
  const {mode, uid} = await stat(dataDir)
  if (uid !== 0 || (mode & 0o001) !== 0) return
  if ((await readdir(dataDir)).length === 0) await chown(dataDir, user.uid, user.gid)
}

async function postgresUser(): Promise<OsUser> {
  const user = (await findPostgresUser()) ?? (await createPostgresUser())
  if (user) return user
  throw new DatabaseUnavailableError(
    'PostgreSQL does not run as root, and there is no user "postgres" to run it as. Create one ' +
      '(useradd --system --user-group postgres), run shop as another user, or set DATABASE_URL.',
  )
}

async function findPostgresUser(): Promise<OsUser | undefined> {
  try {
    const [user, group] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
    return {uid: Number(user.stdout), gid: Number(group.stdout)}
  } catch {
    return undefined
  }
}

async function createPostgresUser(): Promise<OsUser | undefined> {
  for (const group of ['--user-group', '--gid=postgres']) {
    try {
      await run('useradd', ['--system', group, '--no-create-home', '--shell=/usr/sbin/nologin', 'postgres'])
      break
    } catch {
      // useradd is missing, the group exists, or another process was faster. All that matters is whether the user exists.
    }
  }
  return findPostgresUser()
}
