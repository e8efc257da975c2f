import {execFile} from 'node:child_process'
import {chmod, chown, mkdir, readdir, stat} from 'node:fs/promises'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'
import type {EmbeddedPaths} from './paths.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

export type Owner = {uid: number; gid: number}

/**
 * Makes the folders, and says whom root is to run the server as, since PostgreSQL refuses root: the owner of the folder,
 * or the user `postgres`. Undefined for everybody else, who runs it as himself.
 */
export async function prepareFolders(paths: EmbeddedPaths): Promise<Owner | undefined> {
  await mkdir(paths.dataDir, {recursive: true})
  if (process.getuid?.() !== 0) {
    await makeHome(paths.home)
    return undefined
  }
  const owner = (await ownerOf(paths.home)) ?? (await ownerOf(paths.dataDir)) ?? (await postgresUser())
  await openToOwner(paths.dataDir, owner)
  await makeHome(paths.home)
  await chown(paths.home, owner.uid, owner.gid)
  checkEntry(paths.home, owner)
  return owner
}

/** Gives up root for good. */
export function becomeOwner({uid, gid}: Owner): void {
  process.setgroups?.([gid])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

function checkEntry(home: string, {uid, gid}: Owner): void {
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    process.chdir(home)
  } catch (error) {
    throw new DatabaseUnavailableError(
      `PostgreSQL does not run as root, and the user it runs as instead (${uid}) cannot enter ${home}. ` +
        'Set SHOP_DATA_DIR to a folder outside of what only root may enter, such as /var/lib/shop.',
      {cause: error},
    )
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** Nobody else may enter: that is what keeps others from the server's socket. */
async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, {mode: 0o700})
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    await chmod(home, 0o700)
  }
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const {uid, gid} = await stat(path)
    return uid === 0 ? undefined : {uid, gid}
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** A fresh folder of root's own, such as `mktemp -d` makes, is handed over; one with things in it is left as it is. */
async function openToOwner(dataDir: string, owner: Owner): Promise<void> {
  const {mode, uid} = await stat(dataDir)
  if (uid !== 0 || (mode & 0o001) !== 0) return
  if ((await readdir(dataDir)).length === 0) await chown(dataDir, owner.uid, owner.gid)
}

async function postgresUser(): Promise<Owner> {
  const user = (await findPostgresUser()) ?? (await createPostgresUser())
  if (user) return user
  throw new DatabaseUnavailableError(
    'PostgreSQL does not run as root, and there is no user "postgres" to run it as. Create one ' +
      '(useradd --system --user-group postgres), run shop as another user, or set DATABASE_URL.',
  )
}

async function findPostgresUser(): Promise<Owner | undefined> {
  try {
    const [user, group] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
    return {uid: Number(user.stdout), gid: Number(group.stdout)}
  } catch {
    return undefined
  }
}

async function createPostgresUser(): Promise<Owner | undefined> {
  for (const group of ['--user-group', '--gid=postgres']) {
    try {
      await run('useradd', ['--system', group, '--no-create-home', '--shell=/usr/sbin/nologin', 'postgres'])
      break
    } catch {
      // No useradd, or the group exists already, or another process was faster: whether there is a user is what counts.
    }
  }
  return findPostgresUser()
}
