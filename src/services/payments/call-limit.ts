import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'

/** How many calls to the provider a user may cause in a minute, not counting those that charge orders. */
export const callsPerMinute = 60

/**
 * Counts a call to the provider that a user asks for. The provider limits the calls of the whole shop, and one user must not
 * use them up. Returns undefined if the call may be made, or else in how many seconds the next one may.
 */
export async function countCall(db: Knex, userId: number): Promise<number | undefined> {
  const {count, seconds} = onlyRow(
    await query<{count: number; seconds: number}>(
      db,
      `insert into payment_call_counts as counts (user_id, call_minute, call_count)
       values (?, date_trunc('minute', statement_timestamp()), 1)
       on conflict (user_id) do update
       set call_minute = excluded.call_minute,
           call_count = case counts.call_minute when excluded.call_minute then counts.call_count + 1 else 1 end
       returning call_count as count,
                 ceil(extract(epoch from call_minute + interval '1 minute' - statement_timestamp()))::int as seconds`,
      [userId],
    ),
  )
  return count > callsPerMinute ? Math.max(seconds, 1) : undefined
}
