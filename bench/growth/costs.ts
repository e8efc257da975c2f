import {readdir, readFile} from 'node:fs/promises'

import type {Knex} from 'knex'

import {onlyRow, query} from '../../src/db/query.ts'
import {BenchmarkError} from '../benchmark-error.ts'

/** What a server, or a command, has used. Other load on the machine changes it much less than times. */
export type Costs = {
  /** Milliseconds of CPU time of all processes of PostgreSQL. */
  serverMs: number
  /** The same of the programs that this process has run to their ends. */
  programMs: number
  walBytes: number
  /** Full-page images in the WAL. */
  walImages: number
}

/** Linux counts CPU time in hundredths of a second. */
const tickMs = 10

/** Of the whole server, so nothing else may use it meanwhile. Works on Linux, and on the server's machine only. */
export async function readCosts(db: Knex): Promise<Costs> {
  const serverMs = await readServerMs(db)
  // Backends flush their counts when they are idle.
  await query(db, 'select pg_stat_force_next_flush()')
  const {walBytes, walImages} = onlyRow(
    await query<{walBytes: number; walImages: number}>(
      db,
      'select wal_bytes::bigint as "walBytes", wal_fpi as "walImages" from pg_stat_wal',
    ),
  )
  const self = await readStat('self')
  return {serverMs, programMs: (self?.ended ?? 0) * tickMs, walBytes, walImages}
}

/** Only `serverMs` of them, also of a replica. */
export async function readServerMs(db: Knex): Promise<number> {
  const {pid} = onlyRow(await query<{pid: number}>(db, 'select pg_backend_pid() as pid'))
  const backend = await readStat(String(pid))
  if (!backend) throw new BenchmarkError('CPU time can only be measured on the machine of the database server.')
  const postmaster = await readStat(String(backend.parent))
  let ticks = (postmaster?.own ?? 0) + (postmaster?.ended ?? 0)
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readStat(name) : undefined
    if (stat?.parent === backend.parent) ticks += stat.own
  }
  return ticks * tickMs
}

export function difference(before: Costs, after: Costs): Costs {
  return {
    serverMs: after.serverMs - before.serverMs,
    programMs: after.programMs - before.programMs,
    walBytes: after.walBytes - before.walBytes,
    walImages: after.walImages - before.walImages,
  }
}

type Stat = {parent: number; own: number; ended: number}

/** The parent of a process, and the ticks of itself and of its children that have ended; undefined if it has ended. */
async function readStat(pid: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (text === undefined) return undefined
  // The name of the program, in parentheses, may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
  return {parent: Number(fields[1]), own: user + system, ended: endedUser + endedSystem}
}
