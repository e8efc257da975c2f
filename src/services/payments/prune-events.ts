import type {Knex} from 'knex'

import {query} from '../../db/query.ts'

/** Providers repeat an event for some days, and one that comes again after this is only a further hint. */
const keptDays = 30

/** How many are deleted at a time, so that a table that was never pruned is emptied in pieces. */
const most = 1000

/** Deletes events of payments that were received long ago. Any number of processes do so at once. */
export async function pruneEvents(db: Knex): Promise<void> {
  await query(
    db,
    `delete from payment_events
     where (provider, event_id) in (
       select provider, event_id
       from payment_events
       where received_at < statement_timestamp() - ${keptDays} * interval '1 day'
       order by received_at
       limit ${most}
       for update skip locked
     )`,
  )
}
