import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'

import type {ExecutionContext} from 'ava'

import {bin, shopEnvironment} from './run.ts'
import {recordOutput} from './secrets.ts'

/** The `script` of util-linux runs a program in a pseudo-terminal; that of other systems has other options. */
export const hasTerminal = String(spawnSync('script', ['--version']).stdout).includes('util-linux')

export type Terminal = {
  /** Waits until the text appears behind the text that earlier calls found. */
  see: (text: string) => Promise<void>
  type: (keys: string) => void
  /** The output without escape sequences. */
  shown: () => string
  /** The output with escape sequences. */
  raw: () => string
  exitCode: Promise<number>
}

export const enter = '\r'
export const ctrlC = '\u0003'

const timeoutMs = 60_000

/** Runs the real binary in a terminal. */
export function openTerminal(
  t: ExecutionContext,
  args: string[],
  env: Record<string, string>,
  {columns = 100} = {},
): Terminal {
  const command = [`stty cols ${columns} rows 40;`, 'exec', process.execPath, bin, ...args].join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: shopEnvironment({TERM: 'xterm', SHELL: '/bin/sh', ...env}),
    timeout: timeoutMs,
  })
  t.teardown(() => child.kill())

  let output = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const closed = once(child, 'close').then(() => {
    recordOutput(shown())
  })
  const shown = () => output.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')

  return {
    shown,
    raw: () => output,
    async see(text) {
      for (;;) {
        const at = shown().indexOf(text, seen)
        if (at !== -1) {
          seen = at + text.length
          return
        }
        const [event] = await Promise.race([
          once(child.stdout, 'data').then(() => ['data']),
          closed.then(() => ['end']),
        ])
        if (event === 'end' && !shown().includes(text, seen)) throw new Error(`"${text}" was not shown:\n${shown()}`)
      }
    },
    type(keys) {
      child.stdin.write(keys)
    },
    exitCode: closed.then(() => child.exitCode ?? Number.NaN),
  }
}
