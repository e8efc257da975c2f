import type {Knex} from 'knex'

/**
 * For a transaction that adds products by the hundred thousand: none of them is listed before `loadListings`, which must
 * be its last statement. Without either they are listed as they come, into indexes that grow row by row.
 */
export async function deferListings(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`select set_config('shop.defer_listings', 'on', true)`)
}

/** Lists what the transaction added. From here to the commit nobody else reads listings. */
export async function loadListings(trx: Knex.Transaction): Promise<void> {
  await trx.raw('select load_listings()')
}
