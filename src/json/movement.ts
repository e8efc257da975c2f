import type {Movement} from '../services/stock/movements.ts'

/** A movement of stock in the list that operators see. */
export type MovementJson = {
  id: number
  created_at: string
  product_id: number
  product: string
  pool: string
  delta: number
  reason: string
  order_id: number | null
  operator: string | null
  note: string | null
}

export function movementJson({productId, productName, createdAt, orderId, ...movement}: Movement): MovementJson {
  const {id, pool, delta, reason, operator, note} = movement
  return {
    id,
    created_at: createdAt,
    product_id: productId,
    product: productName,
    pool,
    delta,
    reason,
    order_id: orderId,
    operator,
    note,
  }
}
