import {columns} from '../../db/columns.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Allocation} from '../stock/shelf.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import type {OrderLine} from './offers.ts'

/**
 * A single order decides itself whether it is placed, so its stock depends on that. It needs neither the join condition nor
 * the sorts of a batch, which would take 5 % of its time.
 */
const forms = {
  single: {joinPlaced: 'cross join placed', orderBy: () => '', ifPlaced: 'and exists (select from placed)'},
  batch: {
    joinPlaced: 'join placed using (request_id)',
    orderBy: (columns: string) => `order by ${columns}`,
    ifPlaced: '',
  },
}

/**
 * The CTEs that write every row of an order, for the batch below and for a single order (single-order.ts). Add new rows
 * of an order here. The statement in front provides the rows as CTEs:
 *
 * - new_orders (request_id, user_id, currency, total, placed_at, place)
 * - new_lines (request_id, position, product_id, product_name, unit_price, quantity)
 * - new_movements (request_id, product_id, pool_id, quantity, place)
 * - new_keys (request_id, user_id, key, fingerprint)
 * - taken (product_id, pool_id, quantity, reserved), one row for each stock level: by how much on_hand falls, and by how
 *   much reserved rises
 *
 * A single order without a row in new_orders writes nothing. Orders and movements get their ids in the order of `place`. Keys
 * are inserted in their own order, so that two batches with the same keys do not deadlock. The stock update is relative,
 * and the checks of the table are the final safeguard.
 */
export function orderRowWrites(form: keyof typeof forms): string {
  const {joinPlaced, orderBy, ifPlaced} = forms[form]
  return `
  placed as (
    insert into orders (request_id, user_id, currency, total, created_at)
    select request_id, user_id, currency, total, placed_at
    from new_orders
    ${orderBy('place')}
    returning id, request_id, currency, total, created_at
  ),
  lines as (
    insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
    select placed.id, position, product_id, product_name, unit_price, quantity
    from new_lines
    ${joinPlaced}
  ),
  movements as (
    insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at)
    select product_id, pool_id, -quantity, 'order', placed.id, placed.created_at
    from new_movements
    ${joinPlaced}
    order by place
  ),
  keys as (
    insert into idempotency_keys (user_id, key, fingerprint, order_id)
    select user_id, key, fingerprint, placed.id
    from new_keys
    ${joinPlaced}
    ${orderBy('user_id, key')}
  ),
  stock as (
    update stock_levels
    set on_hand = on_hand - taken.quantity, reserved = stock_levels.reserved + taken.reserved
    from taken
    where stock_levels.product_id = taken.product_id
      and stock_levels.pool_id = taken.pool_id
      ${ifPlaced}
  )
  select id, request_id as "requestId", currency, total, created_at as "createdAt" from placed`
}

/** An order that the stock and the prices allow. */
export type AcceptedOrder = {
  order: Pick<NewOrder, 'currency' | 'idempotency' | 'requestId' | 'userId'>
  /** When the prices were read. */
  placedAt: string
  lines: OrderLine[]
  total: number
  allocations: Allocation[]
}

export type WrittenOrder = PlacedOrder & {requestId: string}

export function toPlacedOrder({id, currency, total, createdAt}: WrittenOrder): PlacedOrder {
  return {id, currency, total, createdAt}
}

const writeOrdersStatement = prepare(
  'write_orders',
  `with new_orders as (
     select * from unnest(?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[])
       with ordinality as new (request_id, user_id, currency, total, placed_at, place)
   ),
   new_lines as (
     select * from unnest(?::uuid[], ?::int[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[])
       as new (request_id, position, product_id, product_name, unit_price, quantity)
   ),
   new_movements as (
     select * from unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[])
       with ordinality as new (request_id, product_id, pool_id, quantity, place)
   ),
   new_keys as (
     select * from unnest(?::uuid[], ?::bigint[], ?::text[], ?::text[]) as new (request_id, user_id, key, fingerprint)
   ),
   taken as (
     select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
       as new (product_id, pool_id, quantity, reserved)
   ),
   ${orderRowWrites('batch')}`,
)

/**
 * Writes any number of orders with one statement: the rows travel as arrays. `reserved` is by how much the reserved stock of
 * some levels rises.
 */
export async function writeOrders(
  trx: PipelinedTransaction,
  accepted: AcceptedOrder[],
  reserved: Allocation[] = [],
): Promise<WrittenOrder[]> {
  if (accepted.length === 0 && reserved.length === 0) return []
  const orders = accepted.map(({order}) => order)
  const lines = accepted.flatMap(({order, lines}) =>
    lines.map((line, index) => ({...line, requestId: order.requestId, position: index + 1})),
  )
  const movements = accepted.flatMap(({order, allocations}) =>
    allocations.map((allocation) => ({...allocation, requestId: order.requestId})),
  )
  const taken = sumByLevel(movements, reserved)
  const keys = orders.flatMap(({requestId, userId, idempotency}) =>
    idempotency ? [{requestId, userId, ...idempotency}] : [],
  )

  return trx.send<WrittenOrder>(writeOrdersStatement, [
    ...columns(orders, 'requestId', 'userId', 'currency'),
    ...columns(accepted, 'total', 'placedAt'),
    ...columns(lines, 'requestId', 'position', 'productId', 'productName', 'unitPrice', 'quantity'),
    ...columns(movements, 'requestId', 'productId', 'poolId', 'quantity'),
    ...columns(keys, 'requestId', 'userId', 'key', 'fingerprint'),
    ...columns(taken, 'productId', 'poolId', 'quantity', 'reserved'),
  ])
}

type LevelChange = Allocation & {reserved: number}

/** UPDATE ... FROM changes a row once, however many of its source rows match. */
function sumByLevel(taken: Allocation[], reserved: Allocation[]): LevelChange[] {
  const sums = new Map<string, LevelChange>()
  const levelOf = ({productId, poolId}: Allocation): LevelChange => {
    const key = `${productId} ${poolId}`
    const level = sums.get(key) ?? {productId, poolId, quantity: 0, reserved: 0}
    sums.set(key, level)
    return level
  }
  for (const allocation of taken) levelOf(allocation).quantity += allocation.quantity
  for (const allocation of reserved) levelOf(allocation).reserved += allocation.quantity
  return [...sums.values()]
}
