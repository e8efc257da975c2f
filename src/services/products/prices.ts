import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {UnknownProductError, InvalidPriceError} from '../../errors.ts'
import {type Currency, formatAmount, isCurrency} from '../../money.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {lockOffer} from './lock-product.ts'

/**
 * The rule that finds the price at a time, as a query for a lateral join: the latest price that has taken effect by
 * then; of two from the same moment, the one that was set last. The arguments are SQL: columns, bindings or
 * statement_timestamp().
 */
export function priceAt(productId: string, currency: string, time: string): string {
  return `
    select product_prices.id, amount, effective_from
    from product_prices
    where product_prices.product_id = ${productId}
      and product_prices.currency = ${currency}
      and effective_from <= ${time}
    order by effective_from desc, product_prices.id desc
    limit 1`
}

export type PriceQuestion = {
  productIds: number[]
  currency: Currency
  /** RFC 3339. Defaults to the database's current time. */
  time?: string
}

/** Prices in minor units by product id. Leaves out products without a price in the currency at that time. */
export async function findPrices(db: Knex, {productIds, currency, time}: PriceQuestion): Promise<Map<number, number>> {
  const prices = await query<{productId: number; amount: number}>(
    db,
    `select wanted.id as "productId", price.amount
     from unnest(?::bigint[]) as wanted (id)
     cross join lateral (${priceAt('wanted.id', '?', 'coalesce(?::timestamptz, statement_timestamp())')}) as price`,
    [productIds, currency, time ?? null],
  )
  return new Map(prices.map(({productId, amount}) => [productId, amount]))
}

export type Price = {
  id: number
  productId: number
  currency: Currency
  /** In minor units of the currency. */
  amount: number
  /** RFC 3339. */
  effectiveFrom: string
  /** Whether it is in effect now, was in the past, or will be in the future. */
  status: 'current' | 'past' | 'scheduled'
  /** The product's current price in the currency; null if all its prices are scheduled. */
  amountNow: number | null
  /** Who set it with a command, and why; null for prices of fixtures. */
  operator: string | null
  note: string | null
}

/** Prices with their status. The caller appends a WHERE clause. */
export const selectPrices = `
  select price.id, price.product_id as "productId", price.currency, price.amount, price.effective_from as "effectiveFrom",
         case
           when price.id = current.id then 'current'
           when price.effective_from > statement_timestamp() then 'scheduled'
           else 'past'
         end as status,
         current.amount as "amountNow", price.operator, price.note
  from product_prices as price
  left join lateral (
    ${priceAt('price.product_id', 'price.currency', 'statement_timestamp()')}
  ) as current on true`

/** All prices of a product, by currency, latest first. Throws UnknownProductError. */
export async function listPrices(
  db: Knex,
  {productId, currency}: {productId: number; currency?: Currency | undefined},
): Promise<Price[]> {
  const product = await db<{id: number}>('products').where({id: productId}).first('id')
  if (!product) throw new UnknownProductError(productId)
  return query<Price>(
    db,
    `${selectPrices}
     where price.product_id = ? and price.currency = coalesce(?, price.currency)
     order by price.currency, price.effective_from desc, price.id desc`,
    [productId, currency ?? null],
  )
}

export type NewPrice = {
  currency: Currency
  /** In minor units of the currency. */
  amount: number
  /** RFC 3339. Defaults to now. */
  effectiveFrom?: string | undefined
}

/**
 * Adds a price to a product's history. Orders are either committed before the change, or placed at the price after it.
 * Throws UnknownProductError or InvalidPriceError.
 */
export async function setPrice(db: Knex, price: NewPrice & {productId: number}, operator?: Operator): Promise<Price> {
  requirePrice(price)
  return db.transaction(async (trx) => lockAndSet(trx, price, operator), {isolationLevel: 'read committed'})
}

async function lockAndSet(
  trx: Knex.Transaction,
  {productId, ...price}: NewPrice & {productId: number},
  operator: Operator | undefined,
): Promise<Price> {
  await lockOffer(trx, productId)
  const id = await addPrice(trx, productId, price, operator)
  return onlyRow(await query<Price>(trx, `${selectPrices} where price.id = ?`, [id]))
}

/** Returns the id. Uses the time of the statement, not of the transaction, which may have waited for a lock. */
export async function addPrice(
  trx: Knex.Transaction,
  productId: number,
  {currency, amount, effectiveFrom}: NewPrice,
  operator?: Operator,
): Promise<number> {
  const columns = operatorColumns(operator)
  const added = await query<{id: number}>(
    trx,
    `insert into product_prices (product_id, currency, amount, effective_from, operator, note)
     values (?, ?, ?, coalesce(?::timestamptz, statement_timestamp()), ?, ?)
     returning id`,
    [productId, currency, amount, effectiveFrom ?? null, columns.operator, columns.note],
  )
  return onlyRow(added).id
}

/** Throws InvalidPriceError. */
export function requirePrice({currency, amount}: NewPrice): void {
  if (!isCurrency(currency)) {
    throw new InvalidPriceError(`"${currency}" is not a currency. Use an ISO 4217 code such as USD.`)
  }
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new InvalidPriceError(
      `A price must be ${formatAmount(0, currency)} to ${formatAmount(Number.MAX_SAFE_INTEGER, currency)} ${currency}.`,
    )
  }
}
