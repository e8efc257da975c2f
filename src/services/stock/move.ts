import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {InvalidPoolError, type StockOnHand, TooLittleStockError, TooMuchStockError} from '../../errors.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {lockProduct} from '../products/lock-product.ts'
import {maxOnHand, removeExpiredHolds} from './adjust.ts'
import {lockLevels} from './lock.ts'
import {holdPool} from './pools.ts'

export type StockMove = {
  productId: number
  quantity: number
  /** By name. */
  from: string
  to: string
}

/** The stock on hand of the two stock pools, before and after the move. */
export type MovedStock = {
  productId: number
  quantity: number
  from: {pool: string; before: number; after: number}
  to: {pool: string; before: number; after: number}
}

/**
 * Moves free stock of a product to another stock pool, with a movement for each. Removes expired holds if they are in the
 * way. Throws UnknownProductError, UnknownPoolError, InvalidPoolError, TooLittleStockError or TooMuchStockError.
 */
export async function moveStock(db: Knex, move: StockMove, operator: Operator): Promise<MovedStock> {
  return db.transaction(async (trx) => lockAndMove(trx, move, operator), {isolationLevel: 'read committed'})
}

async function lockAndMove(
  trx: Knex.Transaction,
  {productId, quantity, from, to}: StockMove,
  operator: Operator,
): Promise<MovedStock> {
  const source = {product_id: productId, pool_id: (await holdPool(trx, from)).id}
  const target = {product_id: productId, pool_id: (await holdPool(trx, to)).id}
  if (source.pool_id === target.pool_id) {
    throw new InvalidPoolError(`Stock cannot be moved from the stock pool ${from} to itself.`)
  }
  await lockProduct(trx, productId)
  await trx('stock_levels')
    .insert({...target, on_hand: 0})
    .onConflict(['product_id', 'pool_id'])
    .ignore()
  const levels = await lockLevels(trx, [source, target])
  const levelIn = ({pool_id}: Pick<StockLevelRow, 'pool_id'>) => levels.find((level) => level.pool_id === pool_id)
  const {on_hand: had, reserved: held} = levelIn(source) ?? {on_hand: 0, reserved: 0}
  const {on_hand: found} = onlyRow(levels.filter(({pool_id}) => pool_id === target.pool_id))

  const reserved = had - quantity < held ? await removeExpiredHolds(trx, source) : held
  const stock: StockOnHand = {productId, pool: from, onHand: had, reserved}
  if (had - quantity < reserved) throw new TooLittleStockError(stock, (free) => `Move at most ${free}.`)
  if (found + quantity > maxOnHand) {
    throw new TooMuchStockError({productId, pool: to, onHand: found, reserved: 0}, maxOnHand)
  }
  await writeMove(trx, {productId, quantity, sourceId: source.pool_id, targetId: target.pool_id}, operator)
  return {
    productId,
    quantity,
    from: {pool: from, before: had, after: had - quantity},
    to: {pool: to, before: found, after: found + quantity},
  }
}

/** Uses the time of the statement, not of the transaction, which may have waited for the locks. */
async function writeMove(
  trx: Knex.Transaction,
  {productId, quantity, sourceId, targetId}: {productId: number; quantity: number; sourceId: number; targetId: number},
  operator: Operator,
): Promise<void> {
  const columns = operatorColumns(operator)
  await query(
    trx,
    `with moved as (
       update stock_levels
       set on_hand = on_hand + change.delta
       from (values (?::bigint, ?::bigint), (?::bigint, ?::bigint)) as change (pool_id, delta)
       where stock_levels.product_id = ? and stock_levels.pool_id = change.pool_id
       returning stock_levels.product_id, stock_levels.pool_id, change.delta
     )
     insert into stock_movements (product_id, pool_id, delta, reason, created_at, operator, note)
     select product_id, pool_id, delta, 'move', statement_timestamp(), ?, ?
     from moved
     order by delta`,
    [sourceId, -quantity, targetId, quantity, productId, columns.operator, columns.note],
  )
}
