import {startProgram} from './program.ts'
import {rawFile, rawThreads, type RawTransactions} from './raw-transactions.ts'
import {percentile} from './statistics.ts'

export type PgClientLoad = {url: string; file: string; clients: number; seconds: number}

export type PgClientResult = {latencies: number[]; seconds: number}

/** The same transactions run by pg, for machines without pgbench. The rate is a little lower, since pg costs more CPU. */
export const pgTransactions: RawTransactions = {
  program: 'pg',
  async measure(url, {script, clients}, seconds, signal) {
    const count = rawThreads(clients)
    const programs = Array.from({length: count}, () => startProgram(new URL('pg-client.js', import.meta.url), signal))
    try {
      for (const program of programs) {
        program.send({url, file: rawFile(script), clients: clients / count, seconds} satisfies PgClientLoad)
      }
      await Promise.all(programs.map(async (program) => program.next()))
      for (const program of programs) program.send({start: true})
      const results = (await Promise.all(programs.map(async (program) => program.next()))) as PgClientResult[]
      const latencies = results.flatMap((result) => result.latencies)
      return {
        perSecond: results.reduce((sum, result) => sum + result.latencies.length / result.seconds, 0),
        p50: percentile(latencies, 50),
        p99: percentile(latencies, 99),
      }
    } finally {
      await Promise.all(programs.map(async (program) => program.stop()))
    }
  },
}
