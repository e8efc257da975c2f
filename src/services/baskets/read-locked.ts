import {columns} from '../../db/columns.ts'
import {prepare, prepareBuilt} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Currency} from '../../money.ts'
import type {HoldRow, HoldTimes} from './holds.ts'
import type {HoldSettings} from '../../hold-settings.ts'

/** A basket that is locked, and not ordered yet. */
export type LockedBasket = {
  id: number
  userId: number
  currency: Currency
  status: 'open' | 'paying'
  version: number
  /** How many requests for holds its user made in this minute. */
  holdCount: number
}

export type BasketLine = {basketId: number; productId: number; quantity: number; seenPrice: number}

/** SQL for the current baskets of some users. The argument is SQL for an array of user ids. */
export const currentBaskets = (userIds: string): string =>
  `select id from baskets where user_id = any (${userIds}) and status <> 'ordered'`

/** SQL for some products and those in the current baskets of some users. The arguments are SQL for arrays of ids. */
export const productsOf = (productIds: string, userIds: string): string =>
  `select unnest(${productIds})
   union
   select product_id from basket_lines where basket_id = any (array(${currentBaskets(userIds)}))`

const lockBasketsStatement = prepareBuilt('lock_baskets', (db) =>
  db('baskets')
    .select('id', 'user_id as userId', 'currency', 'status', 'version')
    .select(
      db.raw(
        `case hold_minute when date_trunc('minute', statement_timestamp()) then hold_count else 0 end as "holdCount"`,
      ),
    )
    .whereRaw(`id = any (array(${currentBaskets('?::bigint[]')})) and status <> 'ordered'`, [[]])
    .orderBy('id')
    .forUpdate(),
)

/** Locks the current baskets of users, in the order of their ids. Comes before any lock of stock. */
export async function lockBaskets(trx: PipelinedTransaction, userIds: number[]): Promise<LockedBasket[]> {
  return trx.send<LockedBasket>(lockBasketsStatement, [userIds])
}

const drawBasketsStatement = prepare(
  'draw_baskets',
  `select nextval('baskets_id_seq') as id, user_id as "userId", currency, 'open' as status, 0 as version, 0 as "holdCount"
   from (
     select distinct on (user_id) user_id, currency
     from unnest(?::bigint[], ?::text[]) with ordinality as wanted (user_id, currency, place)
     where (select id from baskets where baskets.user_id = wanted.user_id and status <> 'ordered') is null
     order by user_id, place
   ) as new`,
)

/**
 * Empty baskets for users who have none, with their ids. They are not written: a transaction that writes one fails if
 * another one has written one for the same user (`baskets_current_key`).
 */
export async function drawBaskets(
  trx: PipelinedTransaction,
  wanted: {userId: number; currency: Currency}[],
): Promise<LockedBasket[]> {
  if (wanted.length === 0) return []
  return trx.send<LockedBasket>(drawBasketsStatement, columns(wanted, 'userId', 'currency'))
}

/** How many expired holds of a stock level are ended at once. The sweeper ends the others. */
const mostExpired = 10_000

const readContentsStatement = prepare(
  'read_basket_contents',
  `with current as materialized (select id, user_id from baskets where user_id = any (?::bigint[]) and status <> 'ordered'),
   line as materialized (select * from basket_lines where basket_id = any (array(select id from current))),
   hold as (
     select * from stock_reservations where basket_id = any (array(select id from current))
     union all
     select expired.*
     from stock_levels as level
     cross join lateral (
       select *
       from stock_reservations
       where stock_reservations.product_id = level.product_id
         and stock_reservations.pool_id = level.pool_id
         and expires_at <= statement_timestamp()
       order by expires_at
       limit ${mostExpired}
     ) as expired
     where level.product_id = any (array(
       select unnest(?::bigint[])
       union
       select product_id from line join current on current.id = basket_id where user_id = any (?::bigint[])
     ))
   )
   (
     select basket_id as "basketId", product_id as "productId", quantity, seen_price as "seenPrice",
            null::bigint as "poolId", null::timestamptz as "heldSince", null::timestamptz as "expiresAt",
            null::boolean as "isExpired", null::timestamptz as "renewedUntil"
     from line
     order by basket_id, added_at, product_id
   )
   union all
   (
     select basket_id, product_id, quantity, null, pool_id, held_since, expires_at, expires_at <= statement_timestamp(),
            least(statement_timestamp() + ?::int * interval '1 second', held_since + ?::int * interval '1 second')
     from hold
     order by basket_id, product_id, pool_id
   )`,
)

const readTimesStatement = prepare(
  'read_hold_times',
  `select statement_timestamp() as now,
          statement_timestamp() + least(?::int, ?::int) * interval '1 second' as "freshUntil"`,
)

type ContentsRow = BasketLine | (HoldRow & {seenPrice: null})

/**
 * The lines and the holds of the users' baskets, and the holds of other baskets that have expired, of some products and those
 * in the baskets of `wholeUserIds`. The stock levels of these products must be locked. A hold may be returned twice.
 */
export async function readContents(
  trx: PipelinedTransaction,
  {productIds, userIds, wholeUserIds}: {productIds: number[]; userIds: number[]; wholeUserIds: number[]},
  {holdSeconds, holdMaxSeconds}: HoldSettings,
): Promise<{lines: BasketLine[]; holds: {rows: HoldRow[]; times: HoldTimes}}> {
  const [rows, [times]] = await Promise.all([
    trx.send<ContentsRow>(readContentsStatement, [userIds, productIds, wholeUserIds, holdSeconds, holdMaxSeconds]),
    trx.send<HoldTimes>(readTimesStatement, [holdSeconds, holdMaxSeconds]),
  ])
  if (!times) throw new Error('The database returned no time.')
  const lines: BasketLine[] = []
  const holds: HoldRow[] = []
  for (const row of rows) {
    if (row.seenPrice === null) holds.push(row)
    else lines.push(row)
  }
  return {lines, holds: {rows: holds, times}}
}

export type OrderedBasket = {basketId: number; userId: number; requestId: string}

const readOrderedStatement = prepare(
  'read_ordered_baskets',
  `select baskets.id as "basketId", baskets.user_id as "userId", request_id as "requestId",
          orders.id, orders.currency, total, orders.created_at as "createdAt"
   from baskets
   join ${rowsByKey('orders', 'orders.id = order_id')} on true
   where baskets.id = any (?::bigint[])`,
)

/** Baskets that were ordered, with their orders. */
export async function readOrderedBaskets<Order>(
  trx: PipelinedTransaction,
  basketIds: number[],
): Promise<(Order & OrderedBasket)[]> {
  if (basketIds.length === 0) return []
  return trx.send<Order & OrderedBasket>(readOrderedStatement, [basketIds])
}
