import type {Knex} from 'knex'

import {streamRows} from '../../db/cursor.ts'
import {query} from '../../db/query.ts'
import {conditions, type Sql} from '../../db/sql.ts'
import type {OrderRow} from '../../db/tables.ts'
import type {Currency} from '../../money.ts'
import {type KeysetPage, type KeysetRequest, orderOf, readKeysetPage, selectSlice} from '../keyset-page.ts'
import {type Cancellation, joinCancellations} from './cancellation.ts'
import {joinLines, type Order} from './history.ts'

/** An order in the list that operators see. */
export type ListedOrder = Order & {
  username: string
  /** The order was placed in another system, which also took the stock. */
  isImported: boolean
  /** Null for an order that no operator cancelled. */
  cancellation: Cancellation | null
}

export type OrderFilter = {
  userId?: number | undefined
  status?: OrderRow['status'] | undefined
  /** Orders with a line of this product. */
  productId?: number | undefined
  /** Placed at this time or later. */
  from?: string | undefined
  /** Placed before this time. */
  to?: string | undefined
  currency?: Currency | undefined
  /** In minor units of the currency. */
  minTotal?: number | undefined
}

/** All orders that satisfy the filter, newest first. Throws InvalidCursorError. */
export async function listAllOrders(
  db: Knex,
  {cursor, pageSize, ...filter}: KeysetRequest & OrderFilter,
): Promise<KeysetPage<ListedOrder>> {
  return readKeysetPage(['orders', filter], {cursor, pageSize}, async (slice) => {
    const {sql, bindings} = ordersStatement(
      selectSlice('orders', 'time', conditionsOf(filter), slice),
      slice.isBackwards,
    )
    return query<ListedOrder>(db, sql, bindings)
  })
}

/** Passes the same orders to `write`, piece by piece and from one snapshot. */
export async function streamOrders(
  db: Knex,
  filter: OrderFilter,
  write: (pieces: AsyncIterable<ListedOrder[]>) => Promise<void>,
): Promise<void> {
  await streamRows(db, ordersStatement(selectSlice('orders', 'time', conditionsOf(filter))), write)
}

/** The orders are found first, so that only the lines of those are read. */
function ordersStatement(found: Sql, isBackwards = false): Sql {
  const sql = `
    select orders.id, orders.created_at as "createdAt", status, payment_status as "paymentStatus", currency, total,
           lines.lines, username, is_imported as "isImported", cancellation
    from (${found.sql}) as orders
    join users on users.id = orders.user_id
    ${joinCancellations}
    ${joinLines}
    ${orderOf('orders', 'time', isBackwards)}`
  return {sql, bindings: found.bindings}
}

function conditionsOf({userId, status, productId, from, to, currency, minTotal}: OrderFilter): Sql[] {
  return [
    // Written into the statement, so that the index of cancelled orders serves it.
    ...(status === undefined ? [] : [{sql: `status = '${status}'`, bindings: []}]),
    ...conditions([
      ['user_id = ?', userId],
      ['created_at >= ?::timestamptz', from],
      ['created_at < ?::timestamptz', to],
      ['currency = ?', currency],
      ['total >= ?', minTotal],
      ['exists (select from order_lines where order_id = orders.id and product_id = ?)', productId],
    ]),
  ]
}
