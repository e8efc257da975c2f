import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {allOf, conditions, type Sql} from '../../db/sql.ts'
import type {Currency} from '../../money.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import {priceAt} from '../products/prices.ts'

export type BasketStatus = 'open' | 'ordered' | 'paying'

/** A basket in the list that operators see. */
export type BasketSummary = {
  id: number
  username: string
  status: BasketStatus
  currency: Currency
  /** The time of its last change. */
  updatedAt: string
  /** The number of lines. */
  items: number
  /**
   * In minor units: of its order, or else at current prices, without lines that have no price. More than a safe integer
   * cannot be ordered, but can be in a basket.
   */
  total: bigint
  /** How many units it holds. A hold that has expired counts until it is removed. */
  held: number
  /** How many of them have expired. */
  expired: number
  /** When the first hold expires; null if nothing is held. */
  nextExpiry: string | null
}

export type BasketFilter = {
  userId?: number | undefined
  /** Only baskets that hold stock. */
  held?: boolean
  /** Includes those that were ordered. */
  all?: boolean
}

/** Baskets, latest change first. */
export async function listBaskets(
  db: Knex,
  {pageSize, page: wanted, ...filter}: BasketFilter & PageRequest,
): Promise<Page<BasketSummary>> {
  const {sql, bindings} = conditionOf(filter)
  const {count} = onlyRow(
    await query<{count: number}>(db, `select count(*) as count from baskets where ${sql}`, bindings),
  )
  const {page, pageCount} = locatePage({page: wanted, pageSize}, count)
  const statement = summariesStatement(filter, {limit: pageSize, offset: (page - 1) * pageSize})
  const rows = await query<Omit<BasketSummary, 'total'> & {total: string}>(db, statement.sql, statement.bindings)
  return {count, page, pageCount, results: rows.map((row) => ({...row, total: BigInt(row.total)}))}
}

function conditionOf({userId, held = false, all = false}: BasketFilter): Sql {
  return allOf([
    ...(all ? [] : [{sql: `status <> 'ordered'`, bindings: []}]),
    ...conditions([['user_id = ?', userId]]),
    ...(held ? [{sql: 'exists (select from stock_reservations where basket_id = baskets.id)', bindings: []}] : []),
  ])
}

/**
 * No index has the time of the last change: every request for a hold changes it, and would write the index. The baskets of
 * the page are found first, so that only their lines and holds are read.
 */
export function summariesStatement(filter: BasketFilter, {limit, offset}: {limit: number; offset: number}): Sql {
  const condition = conditionOf(filter)
  const sql = `
    select basket.id, username, basket.status, basket.currency, updated_at as "updatedAt", lines.items,
           coalesce(orders.total, lines.total)::text as total, holds.held, holds.expired, holds."nextExpiry"
    from (
      select * from baskets where ${condition.sql} order by updated_at desc, id desc limit ? offset ?
    ) as basket
    join users on users.id = basket.user_id
    left join orders on orders.id = order_id
    cross join lateral (
      select count(*) as items, coalesce(sum(price.amount::numeric * quantity), 0) as total
      from basket_lines as line
      left join lateral (${priceAt('line.product_id', 'basket.currency', 'statement_timestamp()')}) as price on true
      where line.basket_id = basket.id
    ) as lines
    cross join lateral (
      select coalesce(sum(quantity), 0)::bigint as held,
             coalesce(sum(quantity) filter (where expires_at <= statement_timestamp()), 0)::bigint as expired,
             min(expires_at) as "nextExpiry"
      from stock_reservations
      where basket_id = basket.id
    ) as holds
    order by updated_at desc, basket.id desc`
  return {sql, bindings: [...condition.bindings, limit, offset]}
}
