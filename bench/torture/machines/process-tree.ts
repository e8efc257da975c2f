import {execFile} from 'node:child_process'
import {promisify} from 'node:util'

const run = promisify(execFile)

type Process = {pid: number; parent: number; state: string; command: string}

async function listProcesses(): Promise<Process[]> {
  const {stdout} = await run('ps', ['-eo', 'pid=,ppid=,stat=,args='], {maxBuffer: 64 * 1024 * 1024})
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line)
    if (!match) return []
    const [, pid, parent, state = '', command = ''] = match
    return {pid: Number(pid), parent: Number(parent), state, command}
  })
}

/** The processes that a process started, directly or not. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await listProcesses()
  const found: Process[] = []
  const roots = [pid]
  for (const root of roots) {
    for (const child of all.filter(({parent, state}) => parent === root && !state.startsWith('Z'))) {
      found.push(child)
      roots.push(child.pid)
    }
  }
  return found
}

/** Sends a signal to a process, and tells whether it was there. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

export async function killTree(pid: number): Promise<void> {
  const children = await descendants(pid)
  signal(pid, 'SIGKILL')
  for (const child of children) signal(child.pid, 'SIGKILL')
}

export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // It has ended.
    return false
  }
}
