import type {Knex} from 'knex'

import {onlyRow} from '../../db/query.ts'
import type {StockLevelKey, StockLevelRow, StockMovementRow} from '../../db/tables.ts'
import {LargeStockChangeError, TooLittleStockError, TooMuchStockError} from '../../errors.ts'
import {hasExpired, removeHolds} from '../baskets/sweeper.ts'
import {lockProduct} from '../products/lock-product.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {holdPool} from './pools.ts'

/** Keeps the sum over thousands of stock pools, and the stock that cancelled orders return, within safe integers. */
export const maxOnHand = 1_000_000_000_000

export type StockAdjustment = {
  productId: number
  /** By name. */
  pool: string
  change: {by: number} | {to: number}
  /** Whether to refuse a change of more than a hundredfold. */
  refuseLarge?: boolean
}

/** The stock on hand before and after the adjustment. */
export type AdjustedStock = {
  productId: number
  pool: string
  before: number
  after: number
}

/**
 * Creates the stock level if the product has no level in the stock pool yet. Removes expired holds of the level if they are
 * in the way. Throws UnknownProductError, UnknownPoolError, TooLittleStockError, TooMuchStockError or, if it is
 * asked for, LargeStockChangeError.
 */
export async function adjustStock(db: Knex, adjustment: StockAdjustment, operator?: Operator): Promise<AdjustedStock> {
  return db.transaction(async (trx) => adjust(trx, adjustment, operator), {isolationLevel: 'read committed'})
}

async function adjust(
  trx: Knex.Transaction,
  {productId, pool, change, refuseLarge = false}: StockAdjustment,
  operator?: Operator,
): Promise<AdjustedStock> {
  const {id: poolId} = await holdPool(trx, pool)
  await lockProduct(trx, productId)
  const key = {product_id: productId, pool_id: poolId}

  const level = await lockLevel(trx, key)
  const {on_hand: before} = level
  const after = 'to' in change ? change.to : before + change.by
  const reserved = after < level.reserved ? await removeExpiredHolds(trx, key) : level.reserved
  const stock = {productId, pool, onHand: before, reserved}
  if (after < reserved) throw new TooLittleStockError(stock)
  if (after > maxOnHand) throw new TooMuchStockError(stock, maxOnHand)
  if (refuseLarge && isLarge(before, after)) throw new LargeStockChangeError({productId, pool, before, after})
  if (after !== before) await move(trx, key, after - before, operator)
  return {productId, pool, before, after}
}

/** No stock counts as 100: a first delivery and a clearance are everyday changes. */
function isLarge(before: number, after: number): boolean {
  const [less, more] = [Math.min(before, after) || 100, Math.max(before, after)]
  return more > 100 * less
}

/** If two transactions create the level at once, the second waits for the first and then locks its row. */
async function lockLevel(trx: Knex.Transaction, key: StockLevelKey): Promise<StockLevelRow> {
  await trx('stock_levels')
    .insert({...key, on_hand: 0})
    .onConflict(['product_id', 'pool_id'])
    .ignore()
  return onlyRow(await trx<StockLevelRow>('stock_levels').where(key).forUpdate().select())
}

/** Returns what is still held of the locked level. */
export async function removeExpiredHolds(trx: Knex.Transaction, key: StockLevelKey): Promise<number> {
  await removeHolds(trx, [key], hasExpired)
  const [level] = await trx<StockLevelRow>('stock_levels').where(key).select('reserved')
  return level?.reserved ?? 0
}

/** Uses the time of the statement, not of the transaction, which may have waited for the lock. */
async function move(trx: Knex.Transaction, key: StockLevelKey, delta: number, operator?: Operator): Promise<void> {
  await trx<StockLevelRow>('stock_levels').where(key).increment('on_hand', delta)
  await trx<StockMovementRow>('stock_movements').insert({
    ...key,
    delta,
    reason: 'adjust',
    created_at: trx.raw('statement_timestamp()'),
    ...operatorColumns(operator),
  })
}
