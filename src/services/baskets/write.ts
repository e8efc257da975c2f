import {columns} from '../../db/columns.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Currency} from '../../money.ts'
import type {HoldChanges} from './holds.ts'
import type {BasketLine} from './read-locked.ts'

type ChangedBasket = {
  id: number
  version: number
  /** Requests for holds in this minute. */
  holdCount: number
  /** The request id of the order that the basket became. */
  orderRequestId?: string | undefined
}

export type BasketWrites = {
  newBaskets: (ChangedBasket & {userId: number; currency: Currency})[]
  /** With the new values. */
  changedBaskets: ChangedBasket[]
  writtenLines: BasketLine[]
  deletedLines: Pick<BasketLine, 'basketId' | 'productId'>[]
  holds: Omit<HoldChanges, 'reserved'>
  /** Keys that name an addition to a basket. */
  keys: {userId: number; key: string; fingerprint: string; basketId: number}[]
}

/** SQL for the status of a basket that may have become an order. The argument is SQL for that of one that has not. */
const statusAfter = (status: string): string =>
  `case when orders.id is null then ${status} when payment_status = 'pending' then 'paying' else 'ordered' end`

/**
 * A basket has few holds and a product may have many, so holds are found by their basket: an equality would let the planner
 * take the index of stock levels. No row is both written and deleted. The stock levels of the holds are changed by the
 * statement that writes orders.
 */
const writeBasketsStatement = prepare(
  'write_baskets',
  `with deleted_holds as (
     delete from stock_reservations as hold
     using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as gone (basket_id, product_id, pool_id)
     where hold.basket_id = gone.basket_id
       and (hold.product_id, hold.pool_id) is not distinct from (gone.product_id, gone.pool_id)
   ),
   deleted_lines as (
     delete from basket_lines as line
     using unnest(?::bigint[], ?::bigint[]) as gone (basket_id, product_id)
     where line.basket_id = gone.basket_id and line.product_id = gone.product_id
   ),
   lines as (
     insert into basket_lines (basket_id, product_id, quantity, seen_price)
     select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
     on conflict (basket_id, product_id) do update
     set quantity = excluded.quantity, seen_price = excluded.seen_price
   ),
   holds as (
     insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
     select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[])
     on conflict (basket_id, product_id, pool_id) do update
     set quantity = excluded.quantity, held_since = excluded.held_since, expires_at = excluded.expires_at
   ),
   new_baskets as (
     insert into baskets (id, user_id, currency, version, hold_count, hold_minute, order_id, status)
     overriding system value
     select new.id, new.user_id, new.currency, version, hold_count, date_trunc('minute', statement_timestamp()),
            orders.id, ${statusAfter(`'open'`)}
     from unnest(?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::uuid[])
       as new (id, user_id, currency, version, hold_count, request_id)
     left join orders using (request_id)
     order by new.user_id
   ),
   keys as (
     insert into idempotency_keys (user_id, key, fingerprint, basket_id)
     select * from unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[]) as new (user_id, key, fingerprint, basket_id)
     order by user_id, key
   )
   update baskets
   set version = changed.version, hold_count = changed.hold_count,
       hold_minute = date_trunc('minute', statement_timestamp()), updated_at = statement_timestamp(),
       order_id = orders.id, status = ${statusAfter('baskets.status')}
   from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::uuid[]) as changed (id, version, hold_count, request_id)
   left join orders on orders.request_id = changed.request_id
   where baskets.id = changed.id`,
)

export async function writeBaskets(
  trx: PipelinedTransaction,
  {newBaskets, changedBaskets, writtenLines, deletedLines, holds, keys}: BasketWrites,
): Promise<void> {
  await trx.send(writeBasketsStatement, [
    ...columns(holds.deleted, 'basketId', 'productId', 'poolId'),
    ...columns(deletedLines, 'basketId', 'productId'),
    ...columns(writtenLines, 'basketId', 'productId', 'quantity', 'seenPrice'),
    ...columns(holds.written, 'basketId', 'productId', 'poolId', 'quantity', 'heldSince', 'expiresAt'),
    ...columns(newBaskets, 'id', 'userId', 'currency', 'version', 'holdCount', 'orderRequestId'),
    ...columns(keys, 'userId', 'key', 'fingerprint', 'basketId'),
    ...columns(changedBaskets, 'id', 'version', 'holdCount', 'orderRequestId'),
  ])
}
