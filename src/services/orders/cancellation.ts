import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {type Operator, operatorColumns} from '../operator.ts'

/** Who cancelled an order with a command, or asked for it, and why. */
export type Cancellation = {createdAt: string; operator: string; note: string | null}

/**
 * Keeps it before the order is cancelled, which can be later if money may still move: the movements that return the stock
 * take the operator from here. If several operators ask, the last one counts.
 */
export async function recordCancellation(trx: Knex.Transaction, orderId: number, operator: Operator): Promise<void> {
  const {operator: name, note} = operatorColumns(operator)
  await query(
    trx,
    `insert into order_cancellations (order_id, operator, note) values (?, ?, ?)
     on conflict (order_id) do update
       set operator = excluded.operator, note = excluded.note, created_at = statement_timestamp()`,
    [orderId, name, note],
  )
}

/** The operator who asked for the cancellation of an order. */
export async function cancelledBy(trx: Knex.Transaction, orderId: number): Promise<Operator | undefined> {
  const [operator] = await query<{name: string; note: string | null}>(
    trx,
    'select operator as name, note from order_cancellations where order_id = ?',
    [orderId],
  )
  return operator && {name: operator.name, note: operator.note ?? undefined}
}

/** The cancellation of each order, or null, to be joined with `orders`. */
export const joinCancellations = `
  left join lateral (
    select json_build_object(
             'createdAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
             'operator', operator,
             'note', note
           ) as cancellation
    from order_cancellations
    where order_cancellations.order_id = orders.id
  ) as cancellations on true`
