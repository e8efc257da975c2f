import type {Knex} from 'knex'

import {query} from './query.ts'

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
