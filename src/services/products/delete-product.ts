import type {Knex} from 'knex'

import {hasSqlState} from '../../db/errors.ts'
import {onlyRow, query} from '../../db/query.ts'
import {ProductInUseError, type ProductUse} from '../../errors.ts'
import {forgetLevels} from '../audit-since/points.ts'
import {lockOffer} from './lock-product.ts'
import {findProductRecord, type ProductRecord} from './product-record.ts'

/**
 * Deletes a product that was never ordered, with its prices, its stock and the movements of its first load. Returns what
 * it was. Throws UnknownProductError or ProductInUseError.
 */
export async function deleteProduct(db: Knex, id: number): Promise<ProductRecord> {
  const product = await findProductRecord(db, id)
  try {
    await db.transaction(async (trx) => lockAndDelete(trx, product), {isolationLevel: 'read committed'})
  } catch (error) {
    // A basket got the product after the look at the uses of it.
    if (hasSqlState(error, 'foreignKeyViolation')) throw new ProductInUseError(product, await findUses(db, id))
    throw error
  }
  return product
}

async function lockAndDelete(trx: Knex.Transaction, product: ProductRecord): Promise<void> {
  const {id} = product
  await lockOffer(trx, id)
  const uses = await findUses(trx, id)
  if (uses.length > 0) throw new ProductInUseError(product, uses)
  // The ledger is append-only but for this.
  await query(trx, `select set_config('shop.delete_product', 'on', true)`)
  await trx('stock_movements').where({product_id: id}).delete()
  await trx('stock_levels').where({product_id: id}).delete()
  await trx('products').where({id}).delete()
  await forgetLevels(trx, id)
  await query(trx, `select set_config('shop.delete_product', 'off', true)`)
}

async function findUses(db: Knex, id: number): Promise<ProductUse[]> {
  const rows = await query<{uses: ProductUse[]}>(
    db,
    `select array_remove(array[
       case when exists (select from order_lines where product_id = ?) then 'orders' end,
       case when exists (select from basket_lines where product_id = ?) then 'baskets' end,
       case when exists (select from stock_movements where product_id = ? and reason <> 'load') then 'stock movements' end
     ], null) as uses`,
    [id, id, id],
  )
  return onlyRow(rows).uses
}
