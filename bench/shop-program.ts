import {spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import {BenchmarkError} from './benchmark-error.ts'

/** The program of the build that the benchmark belongs to. */
export const shopBin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

const peakProbe = new URL('peak-probe.js', import.meta.url).href

/**
 * Leaves the shop at its defaults, whatever environment the benchmark was started with, except for the limit of
 * requests for holds: a few clients stand for many.
 */
export function shopEnvironment(databaseUrl?: string): NodeJS.ProcessEnv {
  const {PATH, HOME} = process.env
  return {PATH, HOME, SHOP_HOLD_USER_RATE: '1000000', ...(databaseUrl !== undefined && {DATABASE_URL: databaseUrl})}
}

/** From the command's start to its end, and its peak resident memory in megabytes. */
export type CommandFigures = {seconds: number; peakMb: number}

/** Runs a command of the shop, of another build if `bin` is given. If the command fails, throws with its output. */
export async function runShop(
  args: string[],
  {bin = shopBin, databaseUrl, signal}: {bin?: string; databaseUrl?: string; signal: AbortSignal},
): Promise<CommandFigures> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--import', peakProbe, bin, ...args], {
    env: shopEnvironment(databaseUrl),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal,
  })
  const pipes = child.stdio.slice(1) as Readable[]
  const [[output = '', errors = '', peakKb], [code, killedBy]] = await Promise.all([
    Promise.all(pipes.map(async (pipe) => text(pipe))),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ])
  const seconds = (performance.now() - start) / 1000
  if (code !== 0) {
    throw new BenchmarkError(`shop ${args.join(' ')} ended (${code ?? killedBy}). ${errors}${output}`.trim())
  }
  return {seconds, peakMb: (Number(peakKb) * 1024) / 1e6}
}
