import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import type {Currency} from '../../money.ts'
import {priceAt} from '../products/prices.ts'

/** Why a line cannot be bought as it is, or what the buyer should know about it. */
export type BasketProblem =
  | {code: 'not_held'}
  | {code: 'out_of_stock'; available: number}
  /** `was`, in minor units, is the price when the line was last changed. */
  | {code: 'price_changed'; was: number}
  | {code: 'unavailable'}
  | {code: 'quantity_limit'; max: number}

export type BasketItem = {
  productId: number
  name: string
  quantity: number
  /** In minor units; null if the product has no price in the currency of the basket. */
  price: number | null
  /** How many units nobody else can buy. */
  held: number
  /** When the first of them are free again; null if none is held. */
  heldUntil: string | null
  problems: BasketProblem[]
}

/** The basket that a user fills at the moment. `id` is null if there is none yet. */
export type Basket = {
  id: number | null
  currency: Currency
  status: 'open' | 'paying'
  /** From `versionOf`. */
  version: string
  items: BasketItem[]
  /** Whether a checkout would succeed as things are. */
  canCheckOut: boolean
}

/**
 * Names a state of a basket, and no state of another basket of the user: a new one counts from 0 again. A basket that was
 * never changed looks like none.
 */
export function versionOf({id, version}: {id: number; version: number}): string {
  return version === 0 ? versionOfNone : `${id}-${version}`
}

export const versionOfNone = '0'

/** The same in SQL, for a basket that was changed. */
export const versionInSql = `baskets.id || '-' || baskets.version`

/** What a line is shown with, and what its problems follow from. */
export type LineFacts = Omit<BasketItem, 'problems'> & {
  /** The price when the line was last changed. */
  seenPrice: number
  enabled: boolean
  maxPerOrder: number | null
  /** How many units the basket can have: those that it holds and those that are free. */
  available: number
}

type BasketRow = {id: number; userId: number; currency: Currency; status: Basket['status']; version: number}

/** A line of a basket, or with nulls the basket itself if it has no line. */
type Row = BasketRow & (LineFacts | {productId: null})

/**
 * Holds that have expired count as free, whether they have been removed or not. OFFSET 0 keeps the planner from a merge join,
 * which reads the lines of all baskets.
 */
const readBasketsStatement = prepare(
  'read_baskets',
  `select baskets.id, baskets.user_id as "userId", baskets.currency, baskets.status, baskets.version,
          line.product_id as "productId", line.quantity, line.seen_price as "seenPrice",
          products.name, products.enabled, products.max_per_order as "maxPerOrder", price.amount as price,
          coalesce(hold.quantity, 0)::bigint as held, hold.expires_at as "heldUntil",
          (coalesce(hold.quantity, 0) + coalesce(free.quantity, 0))::bigint as available
   from baskets
   left join lateral (select * from basket_lines where basket_id = baskets.id offset 0) as line on true
   left join products on products.id = line.product_id
   left join lateral (${priceAt('line.product_id', 'baskets.currency', 'statement_timestamp()')}) as price on true
   left join lateral (
     select sum(quantity) as quantity, min(expires_at) as expires_at
     from stock_reservations
     where basket_id = baskets.id and product_id = line.product_id and expires_at > statement_timestamp()
   ) as hold on true
   left join lateral (
     select sum(on_hand - reserved + coalesce((
       select sum(quantity)
       from stock_reservations as expired
       where expired.product_id = level.product_id
         and expired.pool_id = level.pool_id
         and expires_at <= statement_timestamp()
     ), 0)) as quantity
     from stock_levels as level
     where level.product_id = line.product_id
   ) as free on true
   where baskets.user_id = any (?::bigint[]) and baskets.status <> 'ordered'
   order by baskets.id, line.added_at, line.product_id`,
)

/** The basket of each user, by user id. A user without a basket is missing. */
export async function readBaskets(trx: PipelinedTransaction, userIds: number[]): Promise<Map<number, Basket>> {
  return compose(await trx.send<Row>(readBasketsStatement, [userIds]))
}

/** The user's basket; an empty one in the given currency if there is none. */
export async function readBasket(db: Knex, {userId, currency}: {userId: number; currency: Currency}): Promise<Basket> {
  const baskets = compose(await queryPrepared<Row>(db, readBasketsStatement, [[userId]]))
  return baskets.get(userId) ?? emptyBasket(currency)
}

export function emptyBasket(currency: Currency): Basket {
  return {id: null, currency, status: 'open', version: versionOfNone, items: [], canCheckOut: false}
}

function compose(rows: Row[]): Map<number, Basket> {
  const grouped = new Map<number, {basket: BasketRow; lines: LineFacts[]}>()
  for (const row of rows) {
    const group = grouped.get(row.userId) ?? {basket: row, lines: []}
    grouped.set(row.userId, group)
    if (row.productId !== null) group.lines.push(row)
  }
  return new Map([...grouped].map(([userId, {basket, lines}]) => [userId, composeBasket(basket, lines)]))
}

/** The basket with these lines, all that it has. */
export function composeBasket(
  {id, currency, status, version: count}: Omit<BasketRow, 'userId'>,
  lines: LineFacts[],
): Basket {
  const items = lines.map((line): BasketItem => {
    const {productId, name, quantity, price, held, heldUntil} = line
    return {productId, name, quantity, price, held, heldUntil, problems: findProblems(line)}
  })
  const version = versionOf({id, version: count})
  return {id, currency, status, version, items, canCheckOut: canCheckOut({status, items})}
}

function canCheckOut({status, items}: Pick<Basket, 'items' | 'status'>): boolean {
  const total = items.reduce((sum, {price, quantity}) => sum + (price ?? 0) * quantity, 0)
  if (status !== 'open' || items.length === 0 || !Number.isSafeInteger(total)) return false
  return items.every(({problems}) => !problems.some(preventsCheckout))
}

function findProblems({quantity, held, available, enabled, price, seenPrice, maxPerOrder}: LineFacts): BasketProblem[] {
  const problems: BasketProblem[] = []
  if (!enabled || price === null) problems.push({code: 'unavailable'})
  if (maxPerOrder !== null && quantity > maxPerOrder) problems.push({code: 'quantity_limit', max: maxPerOrder})
  if (quantity > available) problems.push({code: 'out_of_stock', available})
  if (quantity > held) problems.push({code: 'not_held'})
  if (price !== null && price !== seenPrice) problems.push({code: 'price_changed', was: seenPrice})
  return problems
}

/** Whether a checkout would be refused because of this problem. */
function preventsCheckout({code}: BasketProblem): boolean {
  return code === 'unavailable' || code === 'quantity_limit' || code === 'out_of_stock'
}
