import {execFile} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {promisify} from 'node:util'

import {DatabaseUnavailableError} from '../../errors.ts'

const run = promisify(execFile)

// Root runs no program that a variable of its environment leads to.
const options = {cwd: '/', env: {LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin'}}

/** A user of the operating system. */
export type OsUser = {uid: number; gid: number}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** The user that root runs the server as, since PostgreSQL does not run as root. It is created if possible. */
export async function requirePostgresUser(): Promise<OsUser> {
  const user = (await findPostgresUser()) ?? (await createPostgresUser())
  if (user && user.uid !== 0) return user
  throw new DatabaseUnavailableError('PostgreSQL does not run as root, and there is no user "postgres" to run it as.', {
    hint: 'Create one (useradd --system --user-group postgres), run shop as another user, or set DATABASE_URL.',
  })
}

export async function findPostgresUser(): Promise<OsUser | undefined> {
  // Saves most machines from starting a program for each command.
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? []
  if (uid !== undefined) return {uid: Number(uid), gid: Number(gid)}
  try {
    const ids = await Promise.all([run('id', ['-u', 'postgres'], options), run('id', ['-g', 'postgres'], options)])
    return {uid: Number(ids[0].stdout), gid: Number(ids[1].stdout)}
  } catch {
    return undefined
  }
}

/** Gives up root for good. */
export function switchToUser({uid, gid}: OsUser): void {
  process.setgroups?.([gid])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

async function createPostgresUser(): Promise<OsUser | undefined> {
  for (const group of ['--user-group', '--gid=postgres']) {
    try {
      await run('useradd', ['--system', group, '--no-create-home', '--shell=/usr/sbin/nologin', 'postgres'], options)
      break
    } catch {
      // useradd is missing, the group exists, or another process was faster. All that matters is whether the user exists.
    }
  }
  return findPostgresUser()
}
