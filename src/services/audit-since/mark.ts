import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'

/** Ids up to which all rows are in a snapshot that is taken afterwards, or will never exist. */
export type Mark = {
  markedAt: string
  /** Of the database server, which a restart or a failover changes. */
  serverStartedAt: string
  lastOrderId: number
  lastMovementId: number
  /** Ids up to which all payments are also finished: work on the others may end without another attempt. */
  lastPaymentId: number
  lastAttemptId: number
  lastRefundId: number
}

const tables = ['orders', 'stock_movements', 'payments', 'payment_attempts', 'refunds']

const patienceMs = 10_000
const pauseMs = 20

/**
 * Reads the latest ids, and waits for the transactions that may have drawn lower ones: those that hold a lock to write these
 * tables, which a transaction gets before it draws an id, and keeps until it ends. Blocks nobody. Undefined if one of them
 * takes longer than ten seconds, such as the load of a large fixture.
 */
export async function markHistory(db: Knex, waitMs = patienceMs): Promise<Mark | undefined> {
  const mark = onlyRow(
    await query<Mark>(
      db,
      `select statement_timestamp() as "markedAt", pg_postmaster_start_time()::text as "serverStartedAt",
              (select coalesce(max(id), 0) from orders) as "lastOrderId",
              (select coalesce(max(id), 0) from stock_movements) as "lastMovementId",
              coalesce(
                least(
                  (select max(id) from payments),
                  (select min(id + 0) - 1 from payments where next_try_at is not null),
                  (select min(payment_id + 0) - 1 from refunds where next_try_at is not null)
                ),
                0
              ) as "lastPaymentId",
              (select coalesce(max(id), 0) from payment_attempts) as "lastAttemptId",
              (select coalesce(max(id), 0) from refunds) as "lastRefundId"`,
    ),
  )
  const deadline = performance.now() + waitMs
  let writers = await findWriters(db)
  const started = writers
  while (writers.length > 0) {
    if (performance.now() > deadline) return undefined
    await delay(pauseMs)
    const writing = await findWriters(db)
    writers = started.filter((writer) => writing.includes(writer))
  }
  return mark
}

/** Virtual transactions are not reused while the server runs. Prepared transactions are among them. */
async function findWriters(db: Knex): Promise<string[]> {
  const rows = await query<{writer: string}>(
    db,
    `select distinct virtualtransaction as writer
     from pg_locks
     where locktype = 'relation' and granted and relation = any (?::text[]::regclass[])
       and database = (select oid from pg_database where datname = current_database())
       and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
    [tables],
  )
  return rows.map(({writer}) => writer)
}
