import type {Knex} from 'knex'

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
