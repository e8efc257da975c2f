import type {Knex} from 'knex'

/** An SQL condition for statements that read listings: whether to refresh the listings and read again. */
export const staleness = `
  exists (select from listing_refreshes where due_at <= statement_timestamp())
  or (select count(*) > 1000 from listing_counts)`

/** Reads listings, again after a refresh if one is due, so that the rows are not older than the call. */
export async function readFresh<Row extends {isStale: boolean}>(db: Knex, read: () => Promise<Row[]>): Promise<Row[]> {
  const rows = await read()
  if (!rows[0]?.isStale) return rows
  await refreshListings(db)
  // Refreshes that are due by now come from later commits, which the caller need not see.
  return read()
}

/**
 * Brings the listings up to date with everything that was committed, and with the prices that took effect, before it
 * began. READ COMMITTED, since it waits for a concurrent refresh and must then see the result of it.
 */
async function refreshListings(db: Knex): Promise<void> {
  await db.transaction(async (trx) => trx.raw('select refresh_listings()'), {isolationLevel: 'read committed'})
}
