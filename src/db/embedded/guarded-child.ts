import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {once} from 'node:events'

import {DatabaseUnavailableError} from '../../errors.ts'
import {otherDatabase} from './advice.ts'

export type GuardedChild = ChildProcessWithoutNullStreams & {pid: number}

// Waits on a pipe that the kernel closes when the parent dies, for whatever reason, and then asks the server to stop.
const guardScript = `trap '' HUP INT TERM; read -r ended || kill -INT "$1"`

/**
 * Starts a program that does not outlive this process, even if this process is killed with SIGKILL. Throws
 * DatabaseUnavailableError if it cannot be started.
 */
export async function spawnGuarded(
  command: string,
  args: string[],
  onOutput: (chunk: Buffer) => void,
): Promise<GuardedChild> {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe']})
  if (!isRunning(child)) {
    const [error] = (await once(child, 'error')) as [Error]
    throw new DatabaseUnavailableError(`The program ${command} could not be started: ${error.message}.`, {
      cause: error,
      hint: otherDatabase,
    })
  }
  child.stdout.on('data', onOutput)
  child.stderr.on('data', onOutput)
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', String(child.pid)], {stdio: ['pipe', 'ignore', 'ignore']})
  guard.on('error', (error) => {
    onOutput(Buffer.from(`The guard could not be started: ${error.message}\n`))
  })
  if (guard.pid !== undefined) {
    guard.stdin.on('error', () => undefined)
    child.once('exit', () => guard.stdin.end('ended\n'))
  }
  return child
}

/** Without a pid, a program did not start, and may lack its pipes. */
function isRunning(child: ChildProcessWithoutNullStreams): child is GuardedChild {
  return child.pid !== undefined
}
