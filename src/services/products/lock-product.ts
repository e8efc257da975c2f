import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import {UnknownProductError} from '../../errors.ts'
import {lockStock} from '../stock/lock.ts'

/** Blocks other changes of the product, and new stock levels of it, but not orders. Throws UnknownProductError. */
export async function lockProduct(trx: Knex.Transaction, id: number): Promise<void> {
  const product = await trx<{id: number}>('products').where({id}).forNoKeyUpdate().first('id')
  if (!product) throw new UnknownProductError(id)
}

/**
 * Blocks orders as well. Orders that have read the product's name and price are committed when this returns; later ones
 * read what this transaction leaves. Throws UnknownProductError.
 */
export async function lockOffer(trx: Knex.Transaction, productId: number): Promise<void> {
  await lockProduct(trx, productId)
  await lockStock(trx, [productId])
}

/** The same for many products, given as an SQL query for their ids. Those that do not exist are left out. */
export async function lockOffers(trx: Knex.Transaction, {sql, bindings}: Sql): Promise<void> {
  await query(
    trx,
    `select count(*) from (
       select from products where id in (${sql}) order by id for no key update
     ) as locked`,
    bindings,
  )
  // Counted, so that no row is sent.
  await query(
    trx,
    `select count(*) from (
       select from stock_levels where product_id in (${sql}) order by product_id, pool_id for update
     ) as locked`,
    bindings,
  )
}
