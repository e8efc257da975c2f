import type {Knex} from 'knex'

/** Of one row, for a statement that reads listings: whether it must be asked again after a refresh. */
export const staleness = `
  exists (select from listing_refreshes where due_at <= statement_timestamp())
  or (select count(*) > 1000 from listing_counts)`

/** Rows of a statement that reads listings, as of a moment after this was called. */
export async function readFresh<Row extends {isStale: boolean}>(db: Knex, read: () => Promise<Row[]>): Promise<Row[]> {
  const rows = await read()
  if (!rows[0]?.isStale) return rows
  await refreshListings(db)
  // What is due by now was committed since.
  return read()
}

/**
 * Brings the listings up to date with what was committed, and with the prices that took effect, before it began. READ
 * COMMITTED, since it waits for whoever does the same, and must then see what that one left.
 */
async function refreshListings(db: Knex): Promise<void> {
  await db.transaction(async (trx) => trx.raw('select refresh_listings()'), {isolationLevel: 'read committed'})
}
