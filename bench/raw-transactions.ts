import {fileURLToPath} from 'node:url'

export type RawLoad = {script: 'hot' | 'uniform'; clients: number}

/** What PostgreSQL does with one order a transaction and nothing else. */
export type RawTransactions = {
  program: 'pgbench' | 'pg'
  measure: (url: string, load: RawLoad, seconds: number, signal: AbortSignal) => Promise<RawRate>
}

/** pgbench gives no percentiles. */
export type RawRate = {perSecond: number; p50?: number; p99?: number}

/** From dist/bench, where this runs: the scripts are not compiled. */
export function rawFile(name: string): string {
  return fileURLToPath(new URL(`../../bench/raw/${name}.sql`, import.meta.url))
}

/** Two threads or processes, as many as the machine that the targets were set on has cores. */
export function rawThreads(clients: number): number {
  return Math.min(2, clients)
}
