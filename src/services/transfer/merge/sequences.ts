import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'

/** The tables whose rows may have ids in a fixture. */
type NumberedTable = 'orders' | 'product_prices' | 'products' | 'users'

const stagedOf: Record<NumberedTable, string> = {
  users: 'staged_users',
  products: 'staged_products',
  product_prices: 'staged_prices',
  orders: 'staged_orders',
}

/** More ids than concurrent transactions can draw between two statements. */
const largeGap = 10_000

/**
 * Moves the sequence past every id in the table and in the file. To be called before rows are written, so that no concurrent
 * order draws an id that the file is about to use. setval could undo what concurrent orders drew since the state was read, so
 * small gaps are closed with nextval; only gaps too large to be overtaken use setval.
 */
export async function advanceSequence(trx: Knex.Transaction, table: NumberedTable): Promise<void> {
  const states = await query<{target: number; drawn: number}>(
    trx,
    `select
       greatest((select max(id) from ${table}), (select max(id) from ${stagedOf[table]}), 0) as target,
       case when is_called then last_value else last_value - 1 end as drawn
     from ${table}_id_seq`,
  )
  const {target, drawn} = onlyRow(states)
  if (target <= drawn) return
  await (target - drawn > largeGap
    ? query(trx, `select setval('${table}_id_seq', ?::bigint)`, [target])
    : query(trx, `select max(nextval('${table}_id_seq')) from generate_series(1, ?::bigint)`, [target - drawn]))
}
