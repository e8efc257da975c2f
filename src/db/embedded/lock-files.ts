import {execFile} from 'node:child_process'
import {readFile, readlink, rename, rm, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {promisify} from 'node:util'

import type {EmbeddedPaths} from './paths.ts'
import {stopPostmaster} from './stop-postmaster.ts'
import {isSystemError} from './system-error.ts'

const run = promisify(execFile)

/** Stops a server that has lost its keeper, and makes the pid files of dead servers harmless. */
export async function clearPredecessor({cluster, home}: EmbeddedPaths): Promise<void> {
  for (const file of [join(cluster, 'postmaster.pid'), join(home, '.s.PGSQL.5432.lock')]) {
    const text = await readIfThere(file)
    if (text === undefined) continue
    const pid = Number.parseInt(text)
    if (await isPostmaster(pid, cluster)) await stopPostmaster(pid, async () => !(await isPostmaster(pid, cluster)))
    // PostgreSQL refuses to start if any program has the pid in the file, except its own parent. The file itself must
    // stay, since PostgreSQL uses it to find the remaining processes of a killed server.
    else await replaceFile(file, text.replace(/^.*/, String(process.pid)))
  }
}

/** Whether the server with this pid has reported that it accepts connections. */
export async function isReady(pid: number, cluster: string): Promise<boolean> {
  const lines = (await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n') ?? []
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
}

/** In one step: PostgreSQL does not start if the file is empty, as a full disk could leave it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const replacement = `${file}.new`
  try {
    await writeFile(replacement, text, {mode: 0o600})
    await rename(replacement, file)
  } catch (error) {
    await rm(replacement, {force: true})
    throw error
  }
}

/**
 * After a crash another program may have the pid, even one that works in the same folder, such as a shell. The start time
 * in the pid file proves nothing, since the clock may have jumped.
 */
async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  if (!(pid > 1)) return false
  try {
    if (process.platform === 'linux') {
      const [cwd, command] = await Promise.all([readlink(`/proc/${pid}/cwd`), readFile(`/proc/${pid}/cmdline`, 'utf8')])
      const [program = '', option] = command.split('\0')
      return cwd === cluster && basename(program) === 'postgres' && option === '-D'
    }
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.includes(cluster)
  } catch {
    // There is no such process, or it belongs to another user.
    return false
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
