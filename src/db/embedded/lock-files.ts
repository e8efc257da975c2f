import {execFile} from 'node:child_process'
import {readFile, readlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
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
    else await writeFile(file, text.replace(/^.*/, String(process.pid)))
  }
}

/** Whether the server with this pid has reported that it accepts connections. */
export async function isReady(pid: number, cluster: string): Promise<boolean> {
  const lines = (await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n') ?? []
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
}

/** After a crash another program may have the pid, so its working directory is checked as well. */
async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`)) === cluster
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
