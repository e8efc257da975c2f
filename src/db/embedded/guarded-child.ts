import {type ChildProcess, spawn} from 'node:child_process'

// Waits on a pipe that the kernel closes when the parent dies, for whatever reason, and then asks the server to stop.
const guardScript = `trap '' HUP INT TERM; read -r ended || kill -INT "$1"`

/** Starts a program that does not outlive this process, even if this process is killed with SIGKILL. */
export function spawnGuarded(command: string, args: string[], onOutput: (chunk: Buffer) => void): ChildProcess {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe']})
  child.stdout.on('data', onOutput)
  child.stderr.on('data', onOutput)
  if (child.pid !== undefined) {
    const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', String(child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    guard.on('error', (error) => {
      onOutput(Buffer.from(`The guard could not be started: ${error.message}\n`))
    })
    guard.stdin.on('error', () => undefined)
    child.once('exit', () => guard.stdin.end('ended\n'))
  }
  return child
}
