import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {UnknownBasketError} from '../../errors.ts'
import {type Currency, lineTotal, sumOfLines} from '../../money.ts'
import {type BasketItem, readBasket} from './basket.ts'
import type {BasketStatus} from './list.ts'

/** A basket as operators see it. */
export type BasketRecord = {
  id: number
  userId: number
  username: string
  status: BasketStatus
  currency: Currency
  createdAt: string
  /** The time of its last change. */
  updatedAt: string
  /** The order that the basket became. */
  orderId: number | null
  /** As the customer sees them; of a basket that was ordered, as it was ordered. */
  items: BasketRecordItem[]
  /** The sum of the lines that have a price. It may be more than a safe integer, which cannot be ordered. */
  total: bigint
  holds: BasketHold[]
}

export type BasketRecordItem = BasketItem & {
  /** Null without a price. */
  lineTotal: bigint | null
}

export type BasketHold = {
  productId: number
  /** The stock pool's name. */
  pool: string
  quantity: number
  heldSince: string
  expiresAt: string
  /** Whoever needs the units gets them. */
  isExpired: boolean
}

/** Reads everything from one snapshot. Throws UnknownBasketError. */
export async function findBasketRecord(db: Knex, id: number): Promise<BasketRecord> {
  return db.transaction(async (trx) => readRecord(trx, id), {isolationLevel: 'repeatable read', readOnly: true})
}

async function readRecord(trx: Knex.Transaction, id: number): Promise<BasketRecord> {
  const [basket] = await query<Omit<BasketRecord, 'holds' | 'items' | 'total'>>(
    trx,
    `select baskets.id, user_id as "userId", username, status, currency, baskets.created_at as "createdAt",
            updated_at as "updatedAt", order_id as "orderId"
     from baskets
     join users on users.id = user_id
     where baskets.id = ?`,
    [id],
  )
  if (!basket) throw new UnknownBasketError(id)
  // A user has one basket that is not ordered.
  const lines = basket.status === 'ordered' ? await readOrdered(trx, id) : (await readBasket(trx, basket)).items
  const items = lines.map((line) => ({...line, lineTotal: lineTotal(line)}))
  return {...basket, items, total: sumOfLines(items), holds: await readHolds(trx, id)}
}

async function readOrdered(trx: Knex.Transaction, id: number): Promise<BasketItem[]> {
  const lines = await query<Pick<BasketItem, 'name' | 'price' | 'productId' | 'quantity'>>(
    trx,
    `select product_id as "productId", product_name as name, order_lines.quantity, unit_price as price
     from baskets
     join order_lines using (order_id)
     join basket_lines using (product_id)
     where baskets.id = ? and basket_id = baskets.id
     order by position`,
    [id],
  )
  return lines.map((line) => ({...line, held: 0, heldUntil: null, problems: []}))
}

async function readHolds(trx: Knex.Transaction, id: number): Promise<BasketHold[]> {
  return query<BasketHold>(
    trx,
    `select product_id as "productId", stock_pools.name as pool, quantity, held_since as "heldSince",
            expires_at as "expiresAt", expires_at <= statement_timestamp() as "isExpired"
     from stock_reservations
     join stock_pools on stock_pools.id = pool_id
     where basket_id = ?
     order by product_id, pool_id`,
    [id],
  )
}
