import {fileURLToPath} from 'node:url'

export type RawLoad = {script: 'hot' | 'uniform'; clients: number}

/** Orders as bare SQL, each in its own transaction: how fast PostgreSQL can be without batching. */
export type RawTransactions = {
  program: 'pgbench' | 'pg'
  measure: (url: string, load: RawLoad, seconds: number, signal: AbortSignal) => Promise<RawRate>
}

/** pgbench does not report percentiles. */
export type RawRate = {perSecond: number; p50?: number; p99?: number}

/** This runs in dist/bench, and the scripts are only in bench. */
export function rawFile(name: string): string {
  return fileURLToPath(new URL(`../../bench/raw/${name}.sql`, import.meta.url))
}

/** Two, like the cores of the machine on which the targets were set. */
export function rawThreads(clients: number): number {
  return Math.min(2, clients)
}
