import type {Knex} from 'knex'

import {isConnectionError} from '../../db/errors.ts'
import {query} from '../../db/query.ts'
import type {OrderRow, StockLevelRow} from '../../db/tables.ts'
import {OrderCancelledError, OutcomeUnknownError, UnknownOrderError} from '../../errors.ts'
import {noteWriteOfOrder} from '../../db/replicas/recent-writes.ts'
import type {Operator} from '../operator.ts'
import {recordCancellation} from './cancellation.ts'
import {type OrderRecord, readOrderRecord} from './record.ts'
import type {OrderKey} from './history.ts'

/** `notesWrites`: whether users read replicas, see recent-writes.ts. */
export type Cancellation = OrderKey & {notesWrites?: boolean | undefined}

/**
 * Cancels an order and returns its stock to the stock pools that it came from. An imported order took no stock here and
 * returns none. Throws UnknownOrderError, OrderCancelledError if it is cancelled already, or OutcomeUnknownError.
 */
export async function cancelOrder(db: Knex, order: Cancellation, operator?: Operator): Promise<OrderRecord> {
  return commitCancellation(db, async (trx) => cancel(trx, order, operator))
}

/** Runs a transaction that may cancel an order. Throws OutcomeUnknownError if its COMMIT got no answer. */
export async function commitCancellation<Result>(
  db: Knex,
  run: (trx: Knex.Transaction) => Promise<Result>,
): Promise<Result> {
  let isDecided = false
  const decide = async (trx: Knex.Transaction): Promise<Result> => {
    const result = await run(trx)
    isDecided = true
    return result
  }
  return db.transaction(decide, {isolationLevel: 'read committed'}).catch((error: unknown) => {
    if (isDecided && isConnectionError(error)) throw new OutcomeUnknownError('cancellation', {cause: error})
    throw error
  })
}

async function cancel(
  trx: Knex.Transaction,
  {id, userId, notesWrites}: Cancellation,
  operator?: Operator,
): Promise<OrderRecord> {
  const order = await trx<OrderRow>('orders')
    .where({id, ...(userId !== undefined && {user_id: userId})})
    .forUpdate()
    .first('status')
  if (!order) throw new UnknownOrderError(id)
  if (order.status === 'cancelled') throw new OrderCancelledError(id)

  if (operator) await recordCancellation(trx, id, operator)
  if (notesWrites) await noteWriteOfOrder(trx, id)
  await returnStock(trx, id)
  return readOrderRecord(trx, id)
}

/** What an order took of a stock level. */
export type Returned = {productId: number; poolId: number; quantity: number}

/** Cancels an order that is locked and not cancelled yet, and returns its stock. */
export async function returnStock(trx: Knex.Transaction, orderId: number): Promise<Returned[]> {
  await lockLevels(trx, orderId)
  return writeCancellation(trx, orderId)
}

/** Locks in (product, pool) order, as checkouts do, so that the two queue up instead of deadlocking. */
async function lockLevels(trx: Knex.Transaction, orderId: number): Promise<void> {
  const moved = trx('stock_movements').where({order_id: orderId}).select('product_id', 'pool_id')
  await trx<StockLevelRow>('stock_levels')
    .whereIn(['product_id', 'pool_id'], moved)
    .orderBy(['product_id', 'pool_id'])
    .forUpdate()
    .select('product_id', 'pool_id')
}

async function writeCancellation(trx: Knex.Transaction, orderId: number): Promise<Returned[]> {
  return query<Returned>(
    trx,
    `with returned as (
       insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at, operator, note)
       select product_id, pool_id, -sum(delta)::bigint, 'cancel', order_id, statement_timestamp(), by.operator, by.note
       from stock_movements
       left join order_cancellations as by using (order_id)
       where order_id = ?
       group by product_id, pool_id, order_id, by.operator, by.note
       order by product_id, pool_id
       returning product_id, pool_id, delta
     ),
     stock as (
       update stock_levels
       set on_hand = on_hand + returned.delta
       from returned
       where stock_levels.product_id = returned.product_id and stock_levels.pool_id = returned.pool_id
     ),
     cancelled as (update orders set status = 'cancelled' where id = ?)
     select product_id as "productId", pool_id as "poolId", delta as quantity from returned`,
    [orderId, orderId],
  )
}
