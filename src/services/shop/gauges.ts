import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {pendingStates} from '../payments/payment.ts'

export type HoldFigures = {heldUnits: number; endingSoon: number}

/** What baskets hold, and how many holds end within a minute. Reads the rows of the holds, of which a shop has few. */
export async function readHoldFigures(db: Knex): Promise<HoldFigures> {
  return onlyRow(
    await query<HoldFigures>(
      db,
      `select coalesce(sum(quantity), 0)::bigint as "heldUnits",
              count(*) filter (where expires_at between statement_timestamp()
                                                and statement_timestamp() + interval '1 minute') as "endingSoon"
       from stock_reservations`,
    ),
  )
}

/** Of payments that may still change: all final ones would be read from end to end. */
export const openPaymentStates = [...pendingStates, 'authorized', 'mismatch'] as const

/** More than these are not counted. */
const mostPayments = 100_000

/** How many payments are in each state that is not final. */
export async function countOpenPayments(db: Knex): Promise<{state: string; count: number}[]> {
  return query(
    db,
    `select state, count
     from unnest(?::text[]) as state
     cross join lateral (
       select count(*) from (select from payments where payments.state = state.state limit ${mostPayments}) as part
     ) as payments`,
    [[...openPaymentStates]],
  )
}

/** How many enabled products have no stock that could be bought. Reads all stock levels, on one core only. */
export async function countSoldOut(db: Knex): Promise<number> {
  return db.transaction(
    async (trx) => {
      await trx.raw('set local max_parallel_workers_per_gather = 0')
      const rows = await query<{count: number}>(
        trx,
        `select count(*)
         from products
         where enabled
           and not exists (select from stock_levels where product_id = products.id and on_hand > reserved)`,
      )
      return onlyRow(rows).count
    },
    {readOnly: true},
  )
}
