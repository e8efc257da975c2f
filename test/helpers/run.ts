import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

export type Result = {exitCode: number | null; stdout: string; stderr: string}

/** Runs `shop` as a process of its own, without a terminal. */
export async function runShop(
  args: string[],
  {env = {}, input = ''}: {env?: NodeJS.ProcessEnv; input?: string | Buffer} = {},
): Promise<Result> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: {PATH: process.env.PATH, HOME: process.env.HOME, ...env},
    stdio: 'pipe',
    timeout: 120_000,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  // A command that fails early does not read what it is given.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return {exitCode, stdout, stderr}
}
