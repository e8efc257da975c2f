import type {Knex} from 'knex'

import {query} from './query.ts'

const rowsAtOnce = 5000

/**
 * The rows of a query, piece by piece: never all of them in memory. Several of one transaction that is REPEATABLE READ are of one
 * snapshot. The name is the cursor's own in its transaction.
 */
export async function* readRows<Row>(trx: Knex.Transaction, name: string, sql: string): AsyncGenerator<Row[], void> {
  await query(trx, `declare ${name} no scroll cursor for ${sql}`)
  for (;;) {
    const rows = await query<Row>(trx, `fetch ${rowsAtOnce} from ${name}`)
    if (rows.length > 0) yield rows
    if (rows.length < rowsAtOnce) break
  }
  await query(trx, `close ${name}`)
}
