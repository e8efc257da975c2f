import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import type {OrderRow} from '../../db/tables.ts'
import {UnknownOrderError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import type {PaymentStatus} from '../payments/payment.ts'

export type OrderHistoryLine = {
  productId: number
  productName: string
  /** In minor units of the order's currency. */
  unitPrice: number
  quantity: number
}

export type Order = {
  id: number
  createdAt: string
  status: OrderRow['status']
  paymentStatus: PaymentStatus
  currency: Currency
  /** In minor units of the currency. */
  total: number
  lines: OrderHistoryLine[]
}

/** The lines of each order, to be joined with `orders`. */
export const joinLines = `
  cross join lateral (
    select coalesce(
      json_agg(
        json_build_object(
          'productId', product_id,
          'productName', product_name,
          'unitPrice', unit_price,
          'quantity', quantity
        )
        order by position
      ),
      '[]'
    ) as lines
    from order_lines
    where order_lines.order_id = orders.id
  ) as lines`

/** Orders with their lines. The caller appends a WHERE clause. */
const selectOrders = `
  select id, created_at as "createdAt", status, payment_status as "paymentStatus", currency, total, lines.lines
  from orders
  ${joinLines}`

/** A user's orders, newest first. */
export async function listOrders(db: Knex, {userId, ...request}: PageRequest & {userId: number}): Promise<Page<Order>> {
  const {count} = onlyRow(await db('orders').where({user_id: userId}).count<{count: number}[]>('* as count'))
  const {page, pageCount} = locatePage(request, count)

  const {pageSize} = request
  const {sql, bindings} = historyStatement({userId, pageSize, offset: (page - 1) * pageSize, count})
  return {count, page, pageCount, results: await query<Order>(db, sql, bindings)}
}

type HistorySlice = {userId: number; pageSize: number; offset: number; count: number}

/**
 * The orders of a later page are found in the index alone, from the nearer end of the history, before anything else of them is
 * read. With the lines of all orders before it, page 2,500 took 1.5 s.
 */
export function historyStatement({userId, pageSize, offset, count}: HistorySlice): Sql {
  if (offset === 0) {
    return {
      sql: `${selectOrders} where user_id = ? order by created_at desc, id desc limit ?`,
      bindings: [userId, pageSize],
    }
  }
  const after = Math.max(0, count - offset - pageSize)
  const slice =
    after < offset ? {direction: 'asc', limit: Math.min(pageSize, count - offset), skipped: after} : undefined
  const {direction, limit, skipped} = slice ?? {direction: 'desc', limit: pageSize, skipped: offset}
  return {
    sql: `${selectOrders}
      where id in (
        select id from orders where user_id = ? order by created_at ${direction}, id ${direction} limit ? offset ?
      )
      order by created_at desc, id desc`,
    bindings: [userId, limit, skipped],
  }
}

/** Identifies an order; with `userId`, only if it is that user's. */
export type OrderKey = {id: number; userId?: number}

/** Throws UnknownOrderError. */
export async function findOrder(db: Knex, {id, userId}: OrderKey): Promise<Order> {
  const [order] = await query<Order>(db, `${selectOrders} where id = ? and user_id = coalesce(?, user_id)`, [
    id,
    userId ?? null,
  ])
  if (!order) throw new UnknownOrderError(id)
  return order
}
