import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'

/**
 * Follows the database's clock. If it was set back, prices that had taken effect are in the future again, and the listings
 * still have them. Each run that finds the clock behind the last one, and the first, since the clock may have been set back
 * while nobody looked, notes such products to be listed again: now, and when their price takes effect.
 */
export function createClockWatch(db: Knex): () => Promise<void> {
  let latest: string | undefined
  return async () => {
    const {now} = onlyRow(await query<{now: string}>(db, 'select statement_timestamp() as now'))
    if (latest === undefined || now < latest) await rescheduleRefreshes(db)
    latest = now
  }
}

/** Adds the refreshes of future prices that are missing. Two processes may add the same ones, which does no harm. */
async function rescheduleRefreshes(db: Knex): Promise<void> {
  await query(
    db,
    `insert into listing_refreshes (due_at, product_id)
     select due.at, product_id
     from product_prices
     cross join lateral (values (timestamptz '-infinity'), (effective_from)) as due (at)
     where effective_from > statement_timestamp()
       and not exists (
         select from listing_refreshes
         where listing_refreshes.product_id = product_prices.product_id and due_at = effective_from
       )`,
  )
}
