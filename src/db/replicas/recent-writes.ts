import type {Knex} from 'knex'

import {prepare} from '../pipeline/prepared.ts'
import type {PipelinedTransaction} from '../pipeline/run-pipelined.ts'
import {query} from '../query.ts'

/**
 * How long a write counts. A replica that is further behind is not read (`maxReplicaLag`), and a transaction commits sooner
 * after it has noted its write.
 */
export const countedSeconds = 120

/** Of a user who writes more often, reads stay on the primary. */
export const mostWrites = 20

/** How many rows are deleted at a time. */
const mostPruned = 10_000

/** An SQL array of the ids of what a user wrote lately, one more than `mostWrites` at most. */
export const recentWritesOf = (userId: string): string => `
  array(
    select id from recent_writes
    where user_id = ${userId} and written_at > statement_timestamp() - interval '${countedSeconds} seconds'
    order by id desc
    limit ${mostWrites + 1}
  )`

/** A transaction that has written nothing has no id, and notes nothing. */
const noteStatement = prepare(
  'note_writes',
  `insert into recent_writes (user_id)
   select unnest(?::bigint[]) where pg_current_xact_id_if_assigned() is not null`,
)

const noteOfPaymentsStatement = prepare(
  'note_writes_of_payments',
  `insert into recent_writes (user_id)
   select distinct user_id
   from orders
   where id = any (array(select order_id from payments where payments.id = any (?::bigint[])))`,
)

/** Records that the transaction writes for these users, so that their reads skip the replicas that do not have it yet. */
export function noteWrites(trx: PipelinedTransaction, userIds: number[]): void {
  void trx.send(noteStatement, [[...new Set(userIds)]])
}

/** The same for the buyers whose payments these are. */
export function noteWritesOfPayments(trx: PipelinedTransaction, paymentIds: number[]): void {
  void trx.send(noteOfPaymentsStatement, [paymentIds])
}

/** The same in a transaction of Knex. */
export async function noteWriteOfOrder(trx: Knex.Transaction, orderId: number): Promise<void> {
  await query(trx, 'insert into recent_writes (user_id) select user_id from orders where id = ?', [orderId])
}

/** Deletes what no longer counts. Any number of processes do so at once. */
export async function pruneRecentWrites(db: Knex): Promise<void> {
  await query(
    db,
    `delete from recent_writes
     where (user_id, id) in (
       select user_id, id
       from recent_writes
       where written_at < statement_timestamp() - 2 * interval '${countedSeconds} seconds'
       order by written_at
       limit ${mostPruned}
       for update skip locked
     )`,
  )
}
