import {columns} from '../../db/columns.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import {type PipelinedTransaction, type Sent, sent} from '../../db/pipeline/run-pipelined.ts'
import {validTokens} from '../accounts/tokens.ts'
import {priceAt} from '../products/prices.ts'
import {lockedLevel, lockFreeStock} from '../stock/lock.ts'
import type {Decided} from './decide.ts'
import type {NewOrder} from './new-order.ts'
import {toPlacedOrder, type WrittenOrder, orderRowWrites} from './order-writes.ts'

/**
 * The rules of decide.ts as conditions of one statement: it writes the order if all of them hold, and nothing otherwise.
 * It runs behind the lock, so that it sees everything that was committed before the lock was taken, and takes only stock
 * levels that are locked already.
 */
const placeSingleOrderStatement = prepare(
  'place_single_order',
  `with new as (
       select ?::uuid as request_id, ?::bigint as user_id, ?::text as currency, ?::bigint as expected_total,
              ?::bytea as token_hash, ?::text as key, ?::text as fingerprint, ?::text as operator
     ),
     item as (
       select * from unnest(?::bigint[], ?::bigint[]) with ordinality as item (product_id, quantity, position)
     ),
     line as (
       select request_id, operator, item.*, products.name, price.amount, level.pool_id
       from new
       cross join item
       join ${rowsByKey('products', 'products.id = item.product_id')}
         on enabled and coalesce(max_per_order >= quantity, true)
       cross join lateral (${priceAt('item.product_id', 'new.currency', 'statement_timestamp()')}) as price
       cross join lateral ${lockedLevel('item.product_id', 'item.quantity')}
     ),
     new_orders as (
       select request_id, user_id, currency, total, statement_timestamp() as placed_at, 1 as place
       from new
       cross join (select sum(amount::numeric * quantity) as total, count(*) from line) as lines
       where count = (select count(*) from item)
         and total <= ${Number.MAX_SAFE_INTEGER}
         and (expected_total is null or expected_total = total)
         and (new.token_hash is null
              or exists (${validTokens} and token_hash = new.token_hash and users.id = new.user_id))
         and (key is null or not exists
              (select from idempotency_keys as kept where kept.user_id = new.user_id and kept.key = new.key))
     ),
     new_lines as (
       select request_id, position, product_id, name as product_name, amount as unit_price, quantity from line
     ),
     new_movements as (
       select request_id, product_id, pool_id, quantity, operator, position as place from line
     ),
     new_keys as (select request_id, user_id, key, fingerprint from new where key is not null),
     taken as (select product_id, pool_id, quantity, 0 as reserved from line),
     ${orderRowWrites('single')}`,
)

/** Tries to place an order in one round trip. If a rule does not hold, `retryWith` lets `decideOrders` find the reason. */
export function trySingleOrder(trx: PipelinedTransaction, order: NewOrder): Sent<Decided> {
  const {requestId, userId, currency, expectedTotal, tokenHash, idempotency, operator, items} = order
  const locked = lockFreeStock(trx, items)
  const written = trx.send<WrittenOrder>(placeSingleOrderStatement, [
    ...[requestId, userId, currency, expectedTotal, tokenHash, idempotency?.key, idempotency?.fingerprint, operator],
    ...columns(items, 'productId', 'quantity'),
  ])
  return sent(
    Promise.all([locked, written]).then(([levels, [row]]): Decided => {
      if (!row) {
        const locked = new Set(levels.map((level) => level.product_id))
        const shortOf = items.flatMap(({productId}) => (locked.has(productId) ? [] : productId))
        return {retryWith: shortOf.length > 0 ? 'all' : 'free', shortOf}
      }
      return {outcomes: [{status: 'placed', placement: {order: toPlacedOrder(row), isReplay: false}}]}
    }),
  )
}
