import {execFile} from 'node:child_process'
import {promisify} from 'node:util'

import type {ServeProcess} from './serve.ts'

/** The pids of the workers that `shop serve --workers` has at the moment. */
export async function workerPids({child}: ServeProcess): Promise<number[]> {
  const {stdout} = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,command='])
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/)
    return Number(parent) === child.pid && line.endsWith('/src/http/worker.js') ? [Number(pid)] : []
  })
}

type WorkerLine = {msg: string; worker: number; url?: string; pauseMs?: number}

/** What the primary has logged about its workers. */
export function workerLines({stdout}: ServeProcess): WorkerLine[] {
  const lines = stdout().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as WorkerLine).filter(({worker}) => Number.isInteger(worker))
}
