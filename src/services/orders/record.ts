import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {StockMovementRow} from '../../db/tables.ts'
import {joinCancellations} from './cancellation.ts'
import {findOrder} from './history.ts'
import type {ListedOrder} from './list.ts'

/** An order as operators see it. */
export type OrderRecord = ListedOrder & {
  /** Oldest first. */
  movements: OrderMovement[]
}

export type OrderMovement = {
  createdAt: string
  productId: number
  /** The stock pool's name. */
  pool: string
  delta: number
  reason: StockMovementRow['reason']
  /** Who ran the command that moved the stock, and why; null for orders. */
  operator: string | null
  note: string | null
}

/** Reads everything from one snapshot. Throws UnknownOrderError. */
export async function findOrderRecord(db: Knex, id: number): Promise<OrderRecord> {
  return db.transaction(async (trx) => readOrderRecord(trx, id), {isolationLevel: 'repeatable read', readOnly: true})
}

/** Throws UnknownOrderError. */
export async function readOrderRecord(trx: Knex.Transaction, id: number): Promise<OrderRecord> {
  const order = await findOrder(trx, {id})
  const origins = await query<Pick<OrderRecord, 'cancellation' | 'isImported' | 'username'>>(
    trx,
    `select username, is_imported as "isImported", cancellation
     from orders
     join users on users.id = user_id
     ${joinCancellations}
     where orders.id = ?`,
    [id],
  )
  const movements = await query<OrderMovement>(
    trx,
    `select created_at as "createdAt", product_id as "productId", stock_pools.name as pool, delta, reason,
            operator, note
     from stock_movements
     join stock_pools on stock_pools.id = pool_id
     where order_id = ?
     order by stock_movements.id`,
    [id],
  )
  return {...order, ...onlyRow(origins), movements}
}
