import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import type {OrderLine} from './offers.ts'
import type {Allocation} from '../stock/shelf.ts'

/** An order that the stock and the prices allow. */
export type AcceptedOrder = {
  order: NewOrder
  /** When its prices held. */
  placedAt: string
  lines: OrderLine[]
  total: number
  allocations: Allocation[]
}

export type WrittenOrder = PlacedOrder & {requestId: string}

const writeOrders = prepare(
  'write_orders',
  `with placed as (
     insert into orders (request_id, user_id, currency, total, created_at)
     select request_id, user_id, currency, total, placed_at
     from unnest(?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[])
       with ordinality as new (request_id, user_id, currency, total, placed_at, place)
     order by place
     returning id, request_id, currency, total, created_at
   ),
   lines as (
     insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
     select placed.id, position, product_id, product_name, unit_price, quantity
     from unnest(?::uuid[], ?::int[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[])
       as new (request_id, position, product_id, product_name, unit_price, quantity)
     join placed using (request_id)
   ),
   movements as (
     insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at)
     select product_id, pool_id, -quantity, 'order', placed.id, placed.created_at
     from unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[])
       with ordinality as new (request_id, product_id, pool_id, quantity, place)
     join placed using (request_id)
     order by place
   ),
   keys as (
     insert into idempotency_keys (user_id, key, fingerprint, order_id)
     select user_id, key, fingerprint, placed.id
     from unnest(?::uuid[], ?::bigint[], ?::text[], ?::text[]) as new (request_id, user_id, key, fingerprint)
     join placed using (request_id)
     order by user_id, key
   ),
   stock as (
     update stock_levels
     set on_hand = on_hand - taken.quantity
     from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as taken (product_id, pool_id, quantity)
     where stock_levels.product_id = taken.product_id and stock_levels.pool_id = taken.pool_id
   )
   select id, request_id as "requestId", currency, total, created_at as "createdAt" from placed`,
)

/**
 * Writes orders, lines, ledger, keys and stock in one round trip, whatever their number: the rows travel as arrays.
 * The stock update is relative, and the table's checks have the last word. Keys go in order, so that two batches with
 * the same keys do not deadlock.
 */
export async function sendOrderWrite(trx: PipelinedTransaction, accepted: AcceptedOrder[]): Promise<WrittenOrder[]> {
  if (accepted.length === 0) return []
  const orders = accepted.map(({order}) => order)
  const lines = accepted.flatMap(({order, lines}) =>
    lines.map((line, index) => ({...line, requestId: order.requestId, position: index + 1})),
  )
  const movements = accepted.flatMap(({order, allocations}) =>
    allocations.map((allocation) => ({...allocation, requestId: order.requestId})),
  )
  const taken = sumByLevel(movements)
  const keys = orders.flatMap(({requestId, userId, idempotency}) =>
    idempotency ? [{requestId, userId, ...idempotency}] : [],
  )

  return trx.send<WrittenOrder>(writeOrders, [
    ...columns(orders, 'requestId', 'userId', 'currency'),
    ...columns(accepted, 'total', 'placedAt'),
    ...columns(lines, 'requestId', 'position', 'productId', 'productName', 'unitPrice', 'quantity'),
    ...columns(movements, 'requestId', 'productId', 'poolId', 'quantity'),
    ...columns(keys, 'requestId', 'userId', 'key', 'fingerprint'),
    ...columns(taken, 'productId', 'poolId', 'quantity'),
  ])
}

/** An UPDATE ... FROM touches a row once, however many of its source rows match. */
function sumByLevel(allocations: Allocation[]): Allocation[] {
  const sums = new Map<string, Allocation>()
  for (const {productId, poolId, quantity} of allocations) {
    const level = `${productId} ${poolId}`
    sums.set(level, {productId, poolId, quantity: (sums.get(level)?.quantity ?? 0) + quantity})
  }
  return [...sums.values()]
}
