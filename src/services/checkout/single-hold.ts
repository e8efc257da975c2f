import {prepare, prepareBuilt} from '../../db/pipeline/prepared.ts'
import {type PipelinedTransaction, type Sent, sent} from '../../db/pipeline/run-pipelined.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import type {HoldSettings} from '../../hold-settings.ts'
import {validTokens} from '../accounts/tokens.ts'
import {readBaskets, versionInSql, versionOfNone} from '../baskets/basket.ts'
import {lockBaskets} from '../baskets/read-locked.ts'
import {priceAt} from '../products/prices.ts'
import {isLockedHere} from '../stock/lock.ts'
import type {Decided} from './decide.ts'
import type {BasketChange, Job} from './jobs.ts'
import type {OrderItem} from './new-order.ts'

type SingleHold = BasketChange & {change: {kind: 'set'; item: OrderItem}}

/** Whether a job may be tried as a single hold. */
export function isSingleHold(job: Job | undefined, {hold}: HoldSettings): job is SingleHold {
  return hold === 'add' && job?.kind === 'change' && job.change.kind === 'set'
}

const ownHold = (userId: string, productId: string): string =>
  `select pool_id, stock_reservations.quantity, expires_at, held_since, count(*) over () as pools
   from baskets
   join stock_reservations on basket_id = baskets.id
   where user_id = ${userId} and status <> 'ordered' and product_id = ${productId}`

/** SQL for whether a hold can be taken from a stock level: that of the basket's hold, `own`, if it has one. */
const canHold = (productId: string, quantity: string): string =>
  `product_id = ${productId} and pool_id = coalesce(own.pool_id, pool_id)
   and on_hand - reserved >= ${quantity} - coalesce(own.quantity, 0)`

/** Locks the first such level that nobody else has locked. */
const lockLevelStatement = prepareBuilt('lock_level_of_hold', (db) =>
  db.raw(
    `select level.*
     from (select ?::bigint as user_id, ?::bigint as product_id, ?::bigint as quantity) as wanted
     left join lateral (${ownHold('wanted.user_id', 'wanted.product_id')}) as own on true
     cross join lateral ?`,
    [
      ...[null, null, null],
      db<StockLevelRow>('stock_levels')
        .select('product_id', 'pool_id')
        .whereRaw(canHold('wanted.product_id', 'wanted.quantity'))
        .orderBy('pool_id')
        .limit(1, {skipBinding: true})
        .forUpdate()
        .skipLocked()
        .as('level'),
    ],
  ),
)

/**
 * The rules of basket-batch.ts for a quantity that is set and not lowered, as conditions of one statement, which writes
 * nothing if one of them does not hold. It runs behind the locks of the basket and the stock level, so that it sees
 * everything that was committed before they were taken, and takes neither a basket nor a level that is not locked already.
 */
const holdStatement = prepare(
  'hold_single_line',
  `with new as (
       select *
       from (
         select ?::bigint as user_id, ?::bigint as product_id, ?::bigint as quantity, ?::text as first_currency,
                ?::text[] as if_versions, ?::bytea as token_hash, ?::bigint as rate, ?::bigint as most_lines,
                ?::int * interval '1 second' as hold, ?::int * interval '1 second' as most
       ) as new
       where new.token_hash is null
          or exists (${validTokens} and token_hash = new.token_hash and users.id = new.user_id)
     ),
     own_basket as (
       select baskets.id, currency, false as is_first, new.*,
              case hold_minute when date_trunc('minute', statement_timestamp()) then hold_count else 0 end as hold_count
       from new
       join baskets on baskets.user_id = new.user_id and status = 'open'
        and coalesce(${versionInSql} = any (if_versions), true)
        -- Not if another transaction made it since.
        and ${isLockedHere('baskets')}
     ),
     basket as (
       select * from own_basket
       union all
       select nextval('baskets_id_seq'), first_currency, true, new.*, 0
       from new
       where not exists (select from baskets where baskets.user_id = new.user_id and status <> 'ordered')
         and coalesce('${versionOfNone}' = any (if_versions), true)
     ),
     line as (
       select basket.*, price.amount as price, level.pool_id, basket.quantity - coalesce(own.quantity, 0) as added
       from basket
       join products on products.id = basket.product_id and enabled
        and coalesce(max_per_order >= basket.quantity, true)
       cross join lateral (${priceAt('basket.product_id', 'basket.currency', 'statement_timestamp()')}) as price
       left join lateral (${ownHold('basket.user_id', 'basket.product_id')}) as own on true
       cross join lateral (
         select product_id, pool_id
         from stock_levels
         where ${canHold('basket.product_id', 'basket.quantity')} and ${isLockedHere('stock_levels')}
         order by pool_id
         limit 1
       ) as level
       -- A line that is held in several stock pools is left to decide-baskets.ts.
       where coalesce(own.pools = 1, true)
         -- An empty basket takes the shop's currency, which is left to basket-batch.ts, too.
         and (currency = first_currency or (select count(*) from basket_lines where basket_id = basket.id) > 0)
         and hold_count < rate
         and basket.quantity >= coalesce(own.quantity, 0)
         and coalesce(own.expires_at > statement_timestamp(), true)
         and ((select quantity from basket_lines where basket_id = basket.id and product_id = basket.product_id) is not null
              or (select count(*) from basket_lines where basket_id = basket.id) < most_lines)
     ),
     first_basket as (
       insert into baskets (id, user_id, currency, version, hold_count, hold_minute) overriding system value
       select id, user_id, currency, 1, 1, date_trunc('minute', statement_timestamp()) from line where is_first
     ),
     written as (
       insert into basket_lines (basket_id, product_id, quantity, seen_price)
       select id, product_id, quantity, price from line
       on conflict (basket_id, product_id) do update
       set quantity = excluded.quantity, seen_price = excluded.seen_price
     ),
     held as (
       insert into stock_reservations as held (basket_id, product_id, pool_id, quantity, held_since, expires_at)
       select id, product_id, pool_id, quantity, statement_timestamp(), statement_timestamp() + least(hold, most)
       from line
       on conflict (basket_id, product_id, pool_id) do update
       set quantity = excluded.quantity,
           expires_at = greatest(
             held.expires_at,
             least(excluded.expires_at, held.held_since + (select most from line))
           )
     ),
     stock as (
       update stock_levels
       set reserved = reserved + added
       from line
       where stock_levels.product_id = any (array(select product_id from line))
         and stock_levels.product_id = line.product_id and stock_levels.pool_id = line.pool_id
         and added <> 0
     ),
     -- Not the first one, which this statement does not see.
     changed_basket as (
       update baskets
       set version = version + 1, hold_count = line.hold_count + 1,
           hold_minute = date_trunc('minute', statement_timestamp()), updated_at = statement_timestamp()
       from line
       where baskets.id = any (array(select id from line)) and baskets.id = line.id
     )
     select id from line`,
)

/** Tries to hold a line in one round trip. If a rule does not hold, `retryWith` lets `decideWithBaskets` find the reason. */
export function trySingleHold(
  trx: PipelinedTransaction,
  {userId, currency, tokenHash, ifVersions, change: {item}}: SingleHold,
  {holdSeconds, holdMaxSeconds, holdUserRate, basketLines}: HoldSettings,
): Sent<Decided> {
  const {productId, quantity} = item
  return sent(
    Promise.all([
      lockBaskets(trx, [userId]),
      trx.send(lockLevelStatement, [userId, productId, quantity]),
      trx.send<{id: number}>(holdStatement, [
        ...[userId, productId, quantity, currency, ifVersions, tokenHash],
        ...[holdUserRate, basketLines, holdSeconds, holdMaxSeconds],
      ]),
      readBaskets(trx, [userId]),
    ]).then(([, , written, baskets]): Decided => {
      if (written.length === 0) return {retryWith: 'baskets', shortOf: []}
      return {outcomes: [{status: 'changed', basket: baskets.get(userId)}]}
    }),
  )
}
