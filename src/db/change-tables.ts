import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {hasSqlState} from './errors.ts'
import {advisoryLock} from './locks.ts'
import {query} from './query.ts'

export type MigrationWaits = {
  /** Called if another process is migrating the database. */
  onWait?: () => void
  /** Called once if a transaction holds a lock that a migration needs, with what is known of it. */
  onLocked?: (holder: string) => void
}

/**
 * How long a migration waits for a lock. Whoever reads the table queues up behind it, and a list waits for a second only. A
 * migration that gets no lock is rolled back, so that everything goes on, and tried again after a pause.
 */
const lockMs = 500
const pauseMs = 1000
const patienceMs = 300_000

/** Changes tables in a transaction under the lock of migrations, as often as it takes to get the locks of the tables. */
export async function changeTables<T>(
  db: Knex,
  {onWait, onLocked}: MigrationWaits,
  change: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await underMigrationLock(db, attempt === 1 ? onWait : undefined, async (trx) => {
        await trx.raw(`set local lock_timeout = ${lockMs}`)
        return change(trx)
      })
    } catch (error) {
      const isLocked = hasSqlState(error, 'lockNotAvailable', 'deadlockDetected')
      if (!isLocked || performance.now() > deadline) throw error
      if (attempt === 1) onLocked?.(await describeOldest(db))
      await delay(pauseMs * (1 + Math.random()))
    }
  }
}

/** The transaction that most probably holds the lock. Of other roles, only a role that may read statistics sees it. */
async function describeOldest(db: Knex): Promise<string> {
  const [oldest] = await query<{pid: number; name: string; seconds: number}>(
    db,
    `select pid, coalesce(nullif(application_name, ''), 'unknown') as name,
            extract(epoch from clock_timestamp() - xact_start)::int as seconds
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       and xact_start is not null
       -- A server behind a pooler keeps the serving lock with a transaction that has no other.
       and not exists (
         select from pg_locks
         where pg_locks.pid = pg_stat_activity.pid and locktype = 'advisory' and classid = 0 and objid = ? and objsubid = 1
       )
     order by xact_start
     limit 1`,
    [advisoryLock.serving],
  )
  if (!oldest) return 'another transaction'
  return `another transaction; the oldest is ${oldest.seconds} seconds old (${oldest.name}, PID ${oldest.pid})`
}

/**
 * Runs in one transaction that holds an advisory lock. Replicas that start at once queue up, and the lock of a killed one
 * ends with its connection, while a row in Knex's own lock table would stay locked.
 */
export async function underMigrationLock<T>(
  db: Knex,
  onWait: (() => void) | undefined,
  run: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return db.transaction(async (trx) => {
    const [lock] = await query<{isFree: boolean}>(trx, 'select pg_try_advisory_xact_lock(?) as "isFree"', [
      advisoryLock.migrations,
    ])
    if (lock?.isFree !== true) {
      onWait?.()
      await trx.raw('select pg_advisory_xact_lock(?)', [advisoryLock.migrations])
    }
    return run(trx)
  })
}
