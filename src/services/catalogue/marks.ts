import type {Knex} from 'knex'

import {hasSqlState} from '../../db/errors.ts'
import {onlyRow, query} from '../../db/query.ts'
import type {Invariant} from '../invariant.ts'

/** How many listings are between two marks: a page in the middle of a list skips at most about twice as many in the index. */
const spacing = 4000

/** From this many on, changes are moved into the marks. A page skips twice as many more. */
const manyChanges = 1000

/**
 * Keeps the marks of the listings close to their pages: at once when it first runs, and then after many changes. Without it,
 * pages in the middle of long lists are as right, but slow.
 */
export function createMarkKeeper(db: Knex): () => Promise<void> {
  let isComplete = false
  return async () => {
    if (isComplete && !(await hasManyChanges(db))) return
    isComplete = false
    try {
      while (!isComplete) isComplete = !(await markListings(db))
    } catch (error) {
      // A large load holds the lock of the listings.
      if (!hasSqlState(error, 'lockNotAvailable')) throw error
    }
  }
}

/** Does a part of the work that takes a fraction of a second. Returns whether there is more to do. */
export async function markListings(db: Knex, every = spacing): Promise<boolean> {
  return onlyRow(await query<{isMore: boolean}>(db, 'select mark_listings(?::int) as "isMore"', [every])).isMore
}

async function hasManyChanges(db: Knex): Promise<boolean> {
  const {isMany} = onlyRow(
    await query<{isMany: boolean}>(
      db,
      `select count(*) >= ?::int or coalesce(bool_or(delta is null), false) as "isMany"
       from (select delta from listing_changes limit ?::int) as changes`,
      [manyChanges, manyChanges],
    ),
  )
  return isMany
}

const smallest = '-9223372036854775808'

/** What `shop audit` checks of the marks: between two of them are as many listings as they say, less what changed since. */
export const marksInvariant: Invariant = {
  name: 'listings_are_marked',
  says: 'the marks of long lists say how many listings come before them',
  sql: [
    wrongGaps('name', {name: "''", product_id: smallest}),
    wrongGaps('amount', {amount: smallest, product_id: smallest}),
    wrongGaps('id', {product_id: smallest}),
  ].join(' union all '),
}

/** `start` has the columns of the ordering, with values before which there is nothing. */
function wrongGaps(ordering: string, start: Record<string, string>): string {
  const columns = Object.keys(start)
  const key = (prefix: string): string => columns.map((column) => `${prefix}${column}`).join(', ')
  const isInside = `rows.currency = gap.currency
    and (${key('rows.')}) >= (${key('gap.from_')}) and (${key('rows.')}) < (${key('gap.')})`
  return `
    select gap.currency, ordering, gap.name, gap.amount, gap.product_id, gap.rows as marked,
           listed.count - changed.sum as counted
    from (
      select listing_marks.*, rows_before - lag(rows_before, 1, 0::bigint) over in_order as rows,
             ${columns.map((column) => `coalesce(lag(${column}) over in_order, ${start[column] ?? ''}) as from_${column}`).join(', ')}
      from listing_marks
      where ordering = '${ordering}'
        and not exists (
          select from listing_changes where listing_changes.currency = listing_marks.currency and delta is null
        )
      window in_order as (partition by currency order by ${key('')})
    ) as gap
    cross join lateral (select count(*) from listings as rows where ${isInside}) as listed
    cross join lateral (
      select coalesce(sum(delta), 0)::bigint as sum from listing_changes as rows where ${isInside}
    ) as changed
    where gap.rows <> listed.count - changed.sum`
}
