import type {Knex} from 'knex'

import {query} from './query.ts'
import type {Sql} from './sql.ts'

const rowsAtOnce = 5000

/**
 * The rows of a query, piece by piece, so that they are never all in memory. In a REPEATABLE READ transaction, several cursors
 * see the same snapshot. The name must be unique in the transaction.
 */
export async function* readRows<Row>(
  trx: Knex.Transaction,
  name: string,
  sql: string,
  bindings: readonly unknown[] = [],
): AsyncGenerator<Row[], void> {
  await query(trx, `declare ${name} no scroll cursor for ${sql}`, bindings)
  for (;;) {
    const rows = await query<Row>(trx, `fetch ${rowsAtOnce} from ${name}`)
    if (rows.length > 0) yield rows
    if (rows.length < rowsAtOnce) break
  }
  await query(trx, `close ${name}`)
}

/** Prepares a transaction that reads everything, for a pipe or a slow disk that may take it slowly. */
export async function allowSlowReader(trx: Knex.Transaction): Promise<void> {
  await query(
    trx,
    `set local cursor_tuple_fraction = 1;
     set local jit = off;
     set local statement_timeout = 0;
     set local idle_in_transaction_session_timeout = 0`,
  )
}

/** Passes all rows of a query to `write`, piece by piece and from one snapshot. */
export async function streamRows<Row>(
  db: Knex,
  {sql, bindings}: Sql,
  write: (pieces: AsyncIterable<Row[]>) => Promise<void>,
): Promise<void> {
  const stream = async (trx: Knex.Transaction): Promise<void> => {
    await allowSlowReader(trx)
    await write(readRows<Row>(trx, 'rows_of_stream', sql, bindings))
  }
  await db.transaction(stream, {isolationLevel: 'repeatable read', readOnly: true})
}
