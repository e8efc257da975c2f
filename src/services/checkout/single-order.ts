import {columns} from '../../db/columns.ts'
import {type PipelinedTransaction, type Sent, sent} from '../../db/pipeline/run-pipelined.ts'
import {prepareBuilt} from '../../db/pipeline/prepared.ts'
import {priceAt} from '../products/prices.ts'
import {holdingTokens} from '../accounts/tokens.ts'
import type {NewOrder, PlacedOrder} from './new-order.ts'
import {NeedsOtherWayError, type Outcome} from './decide.ts'
import {freePool, sendFreeStockLock} from '../stock/lock.ts'

/**
 * The rules of place-orders.ts, of one order that nothing stands against: else it writes nothing. It runs behind the lock,
 * so that it sees what was committed before that; the pools that it takes are locked, or free to be.
 */
const placeSingle = prepareBuilt('place_single_order', (db) =>
  db.raw(
    `with new as (
       select ?::uuid as request_id, ?::bigint as user_id, ?::text as currency, ?::bigint as expected_total,
              ?::bytea as token_hash, ?::text as key, ?::text as fingerprint
     ),
     item as (
       select * from unnest(?::bigint[], ?::bigint[]) with ordinality as item (product_id, quantity, position)
     ),
     line as (
       select item.*, products.name, price.amount, level.pool_id
       from new
       cross join item
       join products on products.id = item.product_id and enabled
       cross join lateral (${priceAt('item.product_id', 'new.currency', 'statement_timestamp()')}) as price
       cross join lateral ?
     ),
     placed as (
       insert into orders (request_id, user_id, currency, total, created_at)
       select request_id, user_id, currency, total, statement_timestamp()
       from new
       cross join (select sum(amount::numeric * quantity) as total, count(*) from line) as lines
       where count = (select count(*) from item)
         and total <= ${Number.MAX_SAFE_INTEGER}
         and (expected_total is null or expected_total = total)
         and (new.token_hash is null
              or exists (${holdingTokens} and token_hash = new.token_hash and users.id = new.user_id))
         and (key is null or not exists
              (select from idempotency_keys as kept where kept.user_id = new.user_id and kept.key = new.key))
       returning id, currency, total, created_at
     ),
     lines as (
       insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
       select placed.id, position, product_id, name, amount, quantity from placed cross join line
     ),
     movements as (
       insert into stock_movements (product_id, pool_id, delta, reason, order_id, created_at)
       select product_id, pool_id, -quantity, 'order', placed.id, placed.created_at
       from placed
       cross join line
       order by position
     ),
     keys as (
       insert into idempotency_keys (user_id, key, fingerprint, order_id)
       select user_id, key, fingerprint, placed.id from placed cross join new where key is not null
     ),
     stock as (
       update stock_levels
       set on_hand = on_hand - quantity
       from placed cross join line
       where stock_levels.product_id = line.product_id and stock_levels.pool_id = line.pool_id
     )
     select id, currency, total, created_at as "createdAt" from placed`,
    [...Array.from({length: 9}, () => null), freePool(db, 'item.product_id', 'item.quantity')],
  ),
)

/**
 * Places an order in one round trip where nothing stands against it. Else it fails with NeedsOtherWayError: what that is,
 * a decision has to say.
 */
export function sendSingleOrder(trx: PipelinedTransaction, order: NewOrder): Sent<Outcome[]> {
  const {requestId, userId, currency, expectedTotal, tokenHash, idempotency, items} = order
  const locked = sendFreeStockLock(trx, items)
  const placed = trx.send<PlacedOrder>(placeSingle, [
    ...[requestId, userId, currency, expectedTotal, tokenHash, idempotency?.key, idempotency?.fingerprint],
    ...columns(items, 'productId', 'quantity'),
  ])
  return sent(
    Promise.all([locked, placed]).then(([levels, [order]]): Outcome[] => {
      if (!order) throw new NeedsOtherWayError(levels.length < items.length ? 'all' : 'free')
      return [{status: 'placed', placement: {order, isReplay: false}}]
    }),
  )
}
