import type {z} from 'zod'

import {formatAmount} from '../money.ts'
import type {PlacedOrder} from '../services/checkout/new-order.ts'
import type {Order} from '../services/orders/history.ts'
import type {ListedOrder} from '../services/orders/list.ts'
import type {OrderRecord} from '../services/orders/record.ts'
import type * as schemas from './schemas.ts'

export type PlacedOrderJson = z.output<typeof schemas.PlacedOrder>

export type PaidOrderJson = z.output<typeof schemas.PaidOrder>

export function placedOrderJson({id, createdAt, total, currency}: PlacedOrder): PlacedOrderJson {
  return {
    order_id: id,
    message: 'Successfully created order',
    created_at: createdAt,
    total_price: formatAmount(total, currency),
    currency,
  }
}

export type OrderJson = z.output<typeof schemas.OrderWithPayment>

/** `showsPayment` adds the `payment_status`, which the answers of a shop without payments do not have. */
export function orderJson(
  {id, createdAt, status, paymentStatus, total, currency, lines}: Order,
  {showsPayment}: {showsPayment: boolean},
): OrderJson {
  return {
    id,
    created_at: createdAt,
    status,
    total_price: formatAmount(total, currency),
    currency,
    items: lines.map(({productId, productName, unitPrice, quantity}) => ({
      product_id: productId,
      product: productName,
      product_price: formatAmount(unitPrice, currency),
      currency,
      quantity,
    })),
    ...(showsPayment && {payment_status: paymentStatus}),
  }
}

/** One that is not paid through the shop has no `payment_status`. */
function listedOrderJson(order: Order): OrderJson {
  return orderJson(order, {showsPayment: order.paymentStatus !== 'none'})
}

/** An order in the list that operators see. */
export type OrderSummaryJson = OrderJson & {
  user: string
  is_imported: boolean
  cancellation: {created_at: string; operator: string; note: string | null} | null
}

export function orderSummaryJson(order: ListedOrder): OrderSummaryJson {
  const {username, isImported, cancellation} = order
  return {
    ...listedOrderJson(order),
    user: username,
    is_imported: isImported,
    cancellation: cancellation && {
      created_at: cancellation.createdAt,
      operator: cancellation.operator,
      note: cancellation.note,
    },
  }
}

/** An order as operators see it. */
export type OrderRecordJson = OrderSummaryJson & {
  stock_movements: {
    created_at: string
    product_id: number
    pool: string
    delta: number
    reason: string
    operator: string | null
    note: string | null
  }[]
}

export function orderRecordJson(order: OrderRecord): OrderRecordJson {
  return {
    ...orderSummaryJson(order),
    stock_movements: order.movements.map(({createdAt, productId, pool, delta, reason, operator, note}) => ({
      created_at: createdAt,
      product_id: productId,
      pool,
      delta,
      reason,
      operator,
      note,
    })),
  }
}
