import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import type {ExecutionContext} from 'ava'

import {poolerEnvironment} from './run.ts'
import {recordOutput} from './secrets.ts'

const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

export type CommandProcess = {
  child: ChildProcess
  exitCode: Promise<number | null>
  stdout: () => string
  stderr: () => string
}

export type ServeProcess = CommandProcess & {
  /** The address on which it listens. Rejects with its output if it ends before it listens. */
  url: Promise<string>
}

/** Starts a command. With `isGroup` it leads a process group, for signals as a terminal sends them. */
export function spawnCommand(
  t: ExecutionContext,
  args: string[],
  env: NodeJS.ProcessEnv,
  {isGroup = false} = {},
): CommandProcess {
  const child = spawn(process.execPath, [bin, ...args], {
    env: {PATH: process.env.PATH, HOME: process.env.HOME, ...poolerEnvironment, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const exitCode = once(child, 'close').then(([code]) => {
    recordOutput(stdout + stderr)
    return code as number | null
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exitCode
  })
  return {child, exitCode, stdout: () => stdout, stderr: () => stderr}
}

/** Starts `shop serve` on a free port. */
export function spawnServe(
  t: ExecutionContext,
  env: NodeJS.ProcessEnv,
  args = ['--port', '0'],
  options: {isGroup?: boolean} = {},
): ServeProcess {
  const {child, exitCode, stdout, stderr} = spawnCommand(t, ['serve', ...args], env, options)
  const url = new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const match = /listens on (http:\S+)\. /.exec(stderr())
      if (match?.[1] !== undefined) resolve(match[1])
    })
    void exitCode.then((code) => {
      reject(new Error(`serve ended with ${code ?? 'a signal'}: ${stderr()}`))
    })
  })
  url.catch(() => undefined)
  return {child, url, exitCode, stdout, stderr}
}
