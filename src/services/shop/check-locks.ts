import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {type Check, good, warning} from './check.ts'

type Holder = {pid: number; transaction: string; role: string; name: string}

const lastingMs = 1000

/**
 * Looks for a transaction that keeps stock locked. Orders wait for locks in short attempts, so `pg_blocking_pids` seldom
 * names it. A role sees which locks others hold, but not since when: a transaction lasts if it is there at both looks.
 */
export async function checkLocks(db: Knex): Promise<Check> {
  const before = await findHolders(db)
  if (before.length > 0) await delay(lastingMs)
  const after = before.length > 0 ? await findHolders(db) : []
  const lasting = after.filter(({transaction}) => before.some((earlier) => earlier.transaction === transaction))
  if (lasting.length === 0) return good('locks', 'No transaction keeps stock locked.')
  const names = lasting.map(({pid, role, name}) => `PID ${pid} (${name}, role ${role})`).join(', ')
  return warning(
    'locks',
    `A transaction has kept stock locked for longer than a second: ${names}.`,
    'Orders of those products wait for it. To end it, see 503 `stock_locked` in docs/runbook.md.',
  )
}

async function findHolders(db: Knex): Promise<Holder[]> {
  return query<Holder>(
    db,
    `select distinct pid, virtualtransaction as transaction, usename as role,
            coalesce(nullif(application_name, ''), 'unknown program') as name
     from pg_locks
     join pg_stat_activity using (pid)
     where relation = 'stock_levels'::regclass and database = (select oid from pg_database where datname = current_database())
       and mode <> 'AccessShareLock' and granted and pid <> pg_backend_pid()
     order by pid`,
  )
}
