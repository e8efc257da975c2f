import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import {type Run, runInProcess} from './run-in-process.ts'
import {keepSecret, recordOutput} from './secrets.ts'

/** From dist/test/helpers. */
export const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

const timeoutMs = 60_000

type RunOptions = {env?: Record<string, string>; input?: string | Buffer}

/**
 * Runs a command without a terminal, in this process: starting the real binary takes many times the CPU time.
 * test/commands/binary.test.ts proves that both answer alike. Only PATH of this process's environment reaches the command.
 */
export const runShop = limit(1, async (args, {env = {}, input = ''}) =>
  runInProcess({bin, args, env: shopEnvironment(env), input}),
)

/**
 * Runs the real binary in the same way, for tests of what a process has to itself: memory, globals, its end. Two at a time:
 * the tests of a file run all at once, and as many processes would keep each other from starting.
 */
export const spawnShop = limit(2, spawnBinary)

async function spawnBinary(args: string[], {env = {}, input = ''}: RunOptions): Promise<Run> {
  const child = spawn(process.execPath, [bin, ...args], {env: shopEnvironment(env), timeout: timeoutMs})
  // A command that reads no input may have ended before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {exitCode: child.exitCode, stdout, stderr}
}

/** Lets only a number of runs go on at once; the others wait for their turn. */
function limit(
  atOnce: number,
  run: (args: string[], options: RunOptions) => Promise<Run>,
): (args: string[], options?: RunOptions) => Promise<Run> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (args, options = {}) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      const {input} = options
      if (args.includes('--password-stdin') && typeof input === 'string') keepSecret(input.trim())
      const done = await run(args, options)
      recordOutput(done.stdout + done.stderr)
      return done
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** For programs that open the database of a test, with TEST_POOLER. */
export const poolerEnvironment: Record<string, string> =
  process.env.TEST_POOLER_URL === undefined ? {} : {SHOP_PREPARED: 'off', TEST_POOLER_URL: process.env.TEST_POOLER_URL}

export function shopEnvironment(env: Record<string, string>): Record<string, string> {
  const home = join(tmpdir(), 'shop-test-home')
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    SHOP_DATABASE_WAIT: '0',
    SHOP_EMBEDDED_LINGER: '0',
    ...poolerEnvironment,
    ...env,
  }
}
