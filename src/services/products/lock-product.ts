import type {Knex} from 'knex'

import {UnknownProductError} from '../../errors.ts'
import {lockStock} from '../stock/lock.ts'

/** Keeps other changes of the product away, and new stock levels of it; orders go on. Throws UnknownProductError. */
export async function lockProduct(trx: Knex.Transaction, id: number): Promise<void> {
  const product = await trx<{id: number}>('products').where({id}).forNoKeyUpdate().first('id')
  if (!product) throw new UnknownProductError(id)
}

/**
 * Keeps orders away, too: those that have read the product's name and price are committed when this returns, and others
 * read what this transaction leaves. Throws UnknownProductError.
 */
export async function lockOffer(trx: Knex.Transaction, productId: number): Promise<void> {
  await lockProduct(trx, productId)
  await lockStock(trx, [productId])
}
