import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'

/** The tables whose rows a fixture may bring with their ids. */
type NumberedTable = 'orders' | 'product_prices' | 'products' | 'users'

const stagedOf: Record<NumberedTable, string> = {
  users: 'staged_users',
  products: 'staged_products',
  product_prices: 'staged_prices',
  orders: 'staged_orders',
}

/** More than others can draw between two statements. */
const shortWay = 10_000

/**
 * Before any row is written, so that no order draws an id meanwhile that the file is about to take: past the ids of the table and of
 * the file, and never back, though orders draw from it at the same time: setval would take back what they drew since the state was
 * read. So a short way is drawn number by number; over a long one, setval cannot be overtaken.
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
  await (target - drawn > shortWay
    ? query(trx, `select setval('${table}_id_seq', ?::bigint)`, [target])
    : query(trx, `select max(nextval('${table}_id_seq')) from generate_series(1, ?::bigint)`, [target - drawn]))
}
