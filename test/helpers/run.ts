import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

/** From dist/test/helpers. */
export const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

const timeoutMs = 60_000

export type Run = {exitCode: number | null; stdout: string; stderr: string}

type RunOptions = {env?: Record<string, string>; input?: string | Buffer}

/** Runs the real binary without a terminal. Nothing of this process's environment but PATH reaches it. */
export async function runShop(args: string[], options: RunOptions = {}): Promise<Run> {
  while (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await run(args, options)
  } finally {
    running--
    waiting.shift()?.()
  }
}

// The tests of a file run all at once; as many processes would keep each other from starting.
const atOnce = 2
let running = 0
const waiting: (() => void)[] = []

async function run(args: string[], {env = {}, input = ''}: RunOptions): Promise<Run> {
  const child = spawn(process.execPath, [bin, ...args], {env: shopEnvironment(env), timeout: timeoutMs})
  // A command that reads no input may have ended before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {exitCode: child.exitCode, stdout, stderr}
}

export function shopEnvironment(env: Record<string, string>): Record<string, string> {
  const home = join(tmpdir(), 'shop-test-home')
  return {PATH: process.env.PATH ?? '', HOME: home, SHOP_DATABASE_WAIT: '0', ...env}
}
