import {columns} from '../../db/columns.ts'
import type {NamedStatement} from '../../db/pipeline/statement-group.ts'
import {startSeconds} from '../payments/timing.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Allocation} from '../stock/shelf.ts'
import type {NewPayment} from '../payments/charge.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import type {OrderLine} from './offers.ts'

/**
 * A single order decides itself whether it is placed, so its stock depends on that. It needs neither the join condition nor
 * the sorts of a batch, which would take 5 % of its time.
 */
const single = {
  paymentId: '',
  joinPayments: '',
  joinPlaced: 'cross join placed',
  orderBy: () => '',
  ifPlaced: 'and exists (select from placed)',
  paymentStatus: '',
  payments: '',
}
const batch = {
  ...single,
  joinPlaced: 'join placed using (request_id)',
  orderBy: (columns: string) => `order by ${columns}`,
  ifPlaced: '',
}
/** A shop without payments does not pay for them. */
const paid = {
  ...batch,
  paymentId: ', payment_id as "paymentId"',
  joinPayments: 'left join payments on payments.order_id = placed.id',
  paymentStatus: ', payment_status',
  // Until then the request that placed the order sends the payment itself.
  payments: `
  payments as (
    insert into payments (
      order_id, basket_id, provider, customer_id, method_id, currency, amount, capture, return_url, next_try_at
    )
    select placed.id, basket_id, provider, customer_id, method_id, currency, total, capture, return_url,
           statement_timestamp() + ${startSeconds} * interval '1 second'
    from new_payments
    join placed using (request_id)
    returning id as payment_id, order_id
  ),`,
}
const forms = {single, batch, paid}

/**
 * The CTEs that write every row of an order, for the batch below and for a single order (single-order.ts). Add new rows
 * of an order here. The statement in front provides the rows as CTEs:
 *
 * - new_orders (request_id, user_id, currency, total, placed_at, place)
 * - new_lines (request_id, position, product_id, product_name, unit_price, quantity)
 * - new_movements (request_id, product_id, pool_id, quantity, operator, place)
 * - new_keys (request_id, user_id, key, fingerprint)
 * - new_payments (request_id, basket_id, provider, customer_id, method_id, capture, return_url), and payment_status in
 *   new_orders, if the orders are paid
 * - taken (product_id, pool_id, quantity, reserved), one row for each stock level: by how much on_hand falls, and by how
 *   much reserved rises
 *
 * A single order without a row in new_orders writes nothing. Orders and movements get their ids in the order of `place`. Keys
 * are inserted in their own order, so that two batches with the same keys do not deadlock. The stock update is relative,
 * and the checks of the table are the final safeguard.
 */
export function orderRowWrites(form: keyof typeof forms): string {
  const {joinPlaced, orderBy, ifPlaced, paymentStatus, payments, paymentId, joinPayments} = forms[form]
  return `
  placed as (
    insert into orders (request_id, user_id, currency, total, created_at${paymentStatus})
    select request_id, user_id, currency, total, placed_at${paymentStatus}
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
    insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at, operator)
    select product_id, pool_id, -quantity, 'order', placed.id, placed.created_at, operator
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
  ),${payments}
  stock as (
    update stock_levels
    set on_hand = on_hand - taken.quantity, reserved = stock_levels.reserved + taken.reserved
    from taken
    where stock_levels.product_id = any (array(select product_id from taken))
      and stock_levels.product_id = taken.product_id
      and stock_levels.pool_id = taken.pool_id
      ${ifPlaced}
  )
  select id, request_id as "requestId", currency, total, created_at as "createdAt"${paymentId} from placed ${joinPayments}`
}

/** An order that the stock and the prices allow. */
export type AcceptedOrder = {
  order: Pick<NewOrder, 'currency' | 'idempotency' | 'operator' | 'requestId' | 'userId'>
  /** When the prices were read. */
  placedAt: string
  lines: OrderLine[]
  total: number
  payment: NewPayment | undefined
  allocations: Allocation[]
}

export type WrittenOrder = Omit<PlacedOrder, 'paymentId'> & {requestId: string; paymentId?: number | null}

export function toPlacedOrder({id, currency, total, createdAt, paymentId}: WrittenOrder): PlacedOrder {
  return {id, currency, total, createdAt, ...(paymentId != null && {paymentId})}
}

function writeStatement(name: string, form: 'batch' | 'paid'): NamedStatement {
  const isPaid = form === 'paid'
  return prepare(
    name,
    `with new_orders as (
     select *
     from unnest(?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[]${isPaid ? ', ?::text[]' : ''})
       with ordinality
       as new (request_id, user_id, currency, total, placed_at, ${isPaid ? 'payment_status, ' : ''}place)
   ),
   new_lines as (
     select * from unnest(?::uuid[], ?::int[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[])
       as new (request_id, position, product_id, product_name, unit_price, quantity)
   ),
   new_movements as (
     select * from unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[])
       with ordinality as new (request_id, product_id, pool_id, quantity, operator, place)
   ),
   new_keys as (
     select * from unnest(?::uuid[], ?::bigint[], ?::text[], ?::text[]) as new (request_id, user_id, key, fingerprint)
   ),
   taken as (
     select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
       as new (product_id, pool_id, quantity, reserved)
   ),
   ${isPaid ? newPayments : ''}
   ${orderRowWrites(form)}`,
  )
}

const newPayments = `
   new_payments as (
     select * from unnest(?::uuid[], ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])
       as new (request_id, basket_id, provider, customer_id, method_id, capture, return_url)
   ),`

const writeOrdersStatement = writeStatement('write_orders', 'batch')
const writePaidOrdersStatement = writeStatement('write_paid_orders', 'paid')

/**
 * Writes any number of orders with one statement: the rows travel as arrays. `reserved` is by how much the reserved stock of
 * some levels rises.
 */
export async function writeOrders(
  trx: PipelinedTransaction,
  accepted: AcceptedOrder[],
  reserved: Allocation[] = [],
): Promise<WrittenOrder[]> {
  if (accepted.length === 0) {
    await reserve(trx, reserved)
    return []
  }
  const orders = accepted.map(({order}) => order)
  const lines = accepted.flatMap(({order, lines}) =>
    lines.map(({productId, productName, unitPrice, quantity}, index) => ({
      requestId: order.requestId,
      position: index + 1,
      productId,
      productName,
      unitPrice,
      quantity,
    })),
  )
  const movements = accepted.flatMap(({order, allocations}) =>
    allocations.map(({productId, poolId, quantity}) => ({
      requestId: order.requestId,
      productId,
      poolId,
      quantity,
      operator: order.operator,
    })),
  )
  const taken = sumByLevel(movements, reserved)
  const keys = orders.flatMap(({requestId, userId, idempotency}) =>
    idempotency ? [{requestId, userId, ...idempotency}] : [],
  )

  const payments = accepted.flatMap(({order: {requestId}, payment}) => (payment ? [{requestId, ...payment}] : []))
  const isPaid = payments.length > 0
  const paymentStatus = accepted.map(({payment}) => (payment ? 'pending' : 'none'))

  return trx.send<WrittenOrder>(isPaid ? writePaidOrdersStatement : writeOrdersStatement, [
    ...columns(orders, 'requestId', 'userId', 'currency'),
    ...columns(accepted, 'total', 'placedAt'),
    ...(isPaid ? [paymentStatus] : []),
    ...columns(lines, 'requestId', 'position', 'productId', 'productName', 'unitPrice', 'quantity'),
    ...columns(movements, 'requestId', 'productId', 'poolId', 'quantity', 'operator'),
    ...columns(keys, 'requestId', 'userId', 'key', 'fingerprint'),
    ...columns(taken, 'productId', 'poolId', 'quantity', 'reserved'),
    ...(isPaid
      ? columns(payments, 'requestId', 'basketId', 'provider', 'customerId', 'methodId', 'capture', 'returnUrl')
      : []),
  ])
}

const reserveStatement = prepare(
  'reserve_stock',
  `update stock_levels
   set reserved = reserved + new.quantity
   from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as new (product_id, pool_id, quantity)
   where stock_levels.product_id = any (?::bigint[])
     and stock_levels.product_id = new.product_id
     and stock_levels.pool_id = new.pool_id`,
)

/** What a batch without orders changes in stock levels. */
async function reserve(trx: PipelinedTransaction, reserved: Allocation[]): Promise<void> {
  if (reserved.length === 0) return
  const levels = sumByLevel([], reserved)
  await trx.send(reserveStatement, columns(levels, 'productId', 'poolId', 'reserved', 'productId'))
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
