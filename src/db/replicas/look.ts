import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../pipeline/prepared.ts'
import {onlyRow} from '../query.ts'

/** How far a server has got. */
export type ServerPosition = {
  /** The bytes of WAL that it has written to disk or, as a replica, replayed. */
  position: number
  /** What all servers have in common that were copied from one another. */
  system: string
}

export type StandbyPosition = ServerPosition & {
  /** False if it was promoted, and goes its own way. */
  isStandby: boolean
}

const primaryStatement = prepare(
  'look_at_primary',
  `select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint as position, system_identifier::text as system
   from pg_control_system()`,
)

const standby = `
  pg_is_in_recovery() as "isStandby", system_identifier::text as system,
  coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint as position`

const standbyStatement = prepare('look_at_standby', `select ${standby} from pg_control_system()`)

const writesStatement = prepare(
  'look_for_writes',
  `select ${standby}, (select count(*) from recent_writes where user_id = ? and id = any (?::bigint[])) as seen
   from pg_control_system()`,
)

/** Everything whose COMMIT was answered before the call is within the position. */
export async function lookAtPrimary(db: Knex): Promise<ServerPosition> {
  return onlyRow(await queryPrepared<ServerPosition>(db, primaryStatement, []))
}

export async function lookAtStandby(db: Knex): Promise<StandbyPosition> {
  return onlyRow(await queryPrepared<StandbyPosition>(db, standbyStatement, []))
}

/** `seen` is how many of the writes the replica has: see recent-writes.ts. */
export async function lookForWrites(
  db: Knex,
  {userId, writes}: {userId: number; writes: string[]},
): Promise<StandbyPosition & {seen: number}> {
  return onlyRow(await queryPrepared<StandbyPosition & {seen: number}>(db, writesStatement, [userId, writes]))
}
