import {columns} from '../../db/columns.ts'
import {prepare, type PreparedStatement} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Currency} from '../../money.ts'
import type {HoldChanges} from './holds.ts'
import type {BasketLine} from './read-locked.ts'

type ChangedBasket = {
  id: number
  currency: Currency
  version: number
  /** Requests for holds in this minute. */
  holdCount: number
  /** The request id of the order that the basket became. */
  orderRequestId?: string | undefined
}

export type BasketWrites = {
  newBaskets: (ChangedBasket & {userId: number})[]
  /** With the new values. */
  changedBaskets: ChangedBasket[]
  newLines: BasketLine[]
  changedLines: BasketLine[]
  deletedLines: Pick<BasketLine, 'basketId' | 'productId'>[]
  holds: Omit<HoldChanges, 'reserved'>
  /** Keys that name an addition to a basket. */
  keys: {userId: number; key: string; fingerprint: string; basketId: number}[]
}

/** SQL for the status of a basket that may have become an order. The argument is SQL for that of one that has not. */
const statusAfter = (status: string): string =>
  `case when orders.id is null then ${status} when payment_status = 'pending' then 'paying' else 'ordered' end`

// Each row is in one list only: what exists was read behind the lock of its basket. The stock levels of the holds are changed
// with those of orders (order-writes.ts). Each list has a statement of its own, and an empty one is not sent: one statement
// with a CTE for each list took a fifth more of PostgreSQL's time for a batch of two holds, and 4 % more for one of 32.

/**
 * A basket has few holds and a product may have many, so holds are found by their basket: an equality would let the planner
 * take the index of stock levels.
 */
const deleteHolds = prepare(
  'delete_holds',
  `delete from stock_reservations as hold
   using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as gone (basket_id, product_id, pool_id)
   where hold.basket_id = any (?::bigint[]) and hold.basket_id = gone.basket_id
     and (hold.product_id, hold.pool_id) is not distinct from (gone.product_id, gone.pool_id)`,
)
const deleteLines = prepare(
  'delete_basket_lines',
  `delete from basket_lines as line
   using unnest(?::bigint[], ?::bigint[]) as gone (basket_id, product_id)
   where line.basket_id = any (?::bigint[]) and line.basket_id = gone.basket_id and line.product_id = gone.product_id`,
)
/** The new basket or, changed, another one may have become an order, which is written before it. */
const insertBaskets = prepare(
  'insert_baskets',
  `insert into baskets (id, user_id, currency, version, hold_count, hold_minute, order_id, status)
   overriding system value
   select new.id, new.user_id, new.currency, version, hold_count, date_trunc('minute', statement_timestamp()),
          orders.id, ${statusAfter(`'open'`)}
   from unnest(?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::uuid[])
     as new (id, user_id, currency, version, hold_count, request_id)
   left join ${rowsByKey('orders', 'orders.request_id = new.request_id')} on true
   order by new.user_id`,
)
const updateBaskets = prepare(
  'update_baskets',
  `update baskets
   set currency = changed.currency, version = changed.version, hold_count = changed.hold_count,
       hold_minute = date_trunc('minute', statement_timestamp()), updated_at = statement_timestamp(),
       order_id = orders.id, status = ${statusAfter('baskets.status')}
   from unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::uuid[])
     as changed (id, currency, version, hold_count, request_id)
   left join ${rowsByKey('orders', 'orders.request_id = changed.request_id')} on true
   where baskets.id = any (?::bigint[]) and baskets.id = changed.id`,
)
const insertLines = prepare(
  'insert_basket_lines',
  `insert into basket_lines (basket_id, product_id, quantity, seen_price)
   select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])`,
)
const updateLines = prepare(
  'update_basket_lines',
  `update basket_lines as line
   set quantity = new.quantity, seen_price = new.seen_price
   from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) as new (basket_id, product_id, quantity, seen_price)
   where line.basket_id = any (?::bigint[]) and line.basket_id = new.basket_id and line.product_id = new.product_id`,
)
const insertHolds = prepare(
  'insert_holds',
  `insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
   select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[])`,
)
const updateHolds = prepare(
  'update_holds',
  `update stock_reservations as hold
   set quantity = new.quantity, held_since = new.held_since, expires_at = new.expires_at
   from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[])
     as new (basket_id, product_id, pool_id, quantity, held_since, expires_at)
   where hold.basket_id = any (?::bigint[]) and hold.basket_id = new.basket_id
     and (hold.product_id, hold.pool_id) is not distinct from (new.product_id, new.pool_id)`,
)
/** In their own order, so that two batches with the same keys do not deadlock. */
const insertKeys = prepare(
  'insert_basket_keys',
  `insert into idempotency_keys (user_id, key, fingerprint, basket_id)
   select * from unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[]) as new (user_id, key, fingerprint, basket_id)
   order by user_id, key`,
)

const lineColumns = ['basketId', 'productId', 'quantity', 'seenPrice'] as const
const holdColumns = ['basketId', 'productId', 'poolId', 'quantity', 'heldSince', 'expiresAt'] as const

/** Foreign keys point from holds to lines and from lines to baskets. */
export async function writeBaskets(
  trx: PipelinedTransaction,
  {newBaskets, changedBaskets, newLines, changedLines, deletedLines, holds, keys}: BasketWrites,
): Promise<void> {
  await Promise.all([
    send(trx, deleteHolds, holds.deleted, 'basketId', 'productId', 'poolId', 'basketId'),
    send(trx, deleteLines, deletedLines, 'basketId', 'productId', 'basketId'),
    send(trx, insertBaskets, newBaskets, 'id', 'userId', 'currency', 'version', 'holdCount', 'orderRequestId'),
    send(trx, updateBaskets, changedBaskets, 'id', 'currency', 'version', 'holdCount', 'orderRequestId', 'id'),
    send(trx, insertLines, newLines, ...lineColumns),
    send(trx, updateLines, changedLines, ...lineColumns, 'basketId'),
    send(trx, insertHolds, holds.added, ...holdColumns),
    send(trx, updateHolds, holds.changed, ...holdColumns, 'basketId'),
    send(trx, insertKeys, keys, 'userId', 'key', 'fingerprint', 'basketId'),
  ])
}

async function send<Row>(
  trx: PipelinedTransaction,
  statement: PreparedStatement,
  rows: Row[],
  ...keys: (keyof Row)[]
): Promise<void> {
  if (rows.length > 0) await trx.send(statement, columns(rows, ...keys))
}
