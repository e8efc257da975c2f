import {spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import {BenchmarkError} from './benchmark-error.ts'

export const shopBin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

const peakProbe = new URL('peak-probe.js', import.meta.url).href

/** With its own defaults, whatever the benchmark was started with. */
export function shopEnvironment(databaseUrl?: string): NodeJS.ProcessEnv {
  const {PATH, HOME} = process.env
  return {PATH, HOME, ...(databaseUrl !== undefined && {DATABASE_URL: databaseUrl})}
}

/** From its start to its end, and the most memory that the system saw it hold, in megabytes. */
export type CommandFigures = {seconds: number; peakMb: number}

/** Runs a command of the shop's own program. Throws what it says where it fails. */
export async function runShop(
  args: string[],
  {databaseUrl, signal}: {databaseUrl?: string; signal: AbortSignal},
): Promise<CommandFigures> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--import', peakProbe, shopBin, ...args], {
    env: shopEnvironment(databaseUrl),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    signal,
  })
  const pipes = child.stdio.slice(2) as Readable[]
  const [[said = '', peakKb], [code, killedBy]] = await Promise.all([
    Promise.all(pipes.map(async (pipe) => text(pipe))),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ])
  const seconds = (performance.now() - start) / 1000
  if (code !== 0) {
    throw new BenchmarkError(`shop ${args.join(' ')} ended (${code ?? killedBy}). ${said}`.trim())
  }
  return {seconds, peakMb: (Number(peakKb) * 1024) / 1e6}
}
