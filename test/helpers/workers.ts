import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {ServeProcess} from './serve.ts'

const program = fileURLToPath(import.meta.resolve('../../src/http/workers/worker.js'))

/** The pids of the current workers of `shop serve --workers`. */
export async function workerPids({child}: Pick<ServeProcess, 'child'>): Promise<number[]> {
  const {stdout} = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,command='])
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/)
    return Number(parent) === child.pid && line.endsWith(` ${program}`) ? [Number(pid)] : []
  })
}

type WorkerLine = {msg: string; worker: number; url?: string; pauseMs?: number}

/** The lines that the primary has logged about its workers. */
export function workerLines({stdout}: ServeProcess): WorkerLine[] {
  const lines = stdout().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as WorkerLine).filter(({worker}) => Number.isInteger(worker))
}

/** `process.kill`, but not with 0, which is the process group of the tests themselves and of whoever started them. */
export function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  if (!pid) throw new Error(`No process to send ${signal} to.`)
  process.kill(pid, signal)
}
