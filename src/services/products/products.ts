import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {violates} from '../../db/errors.ts'
import {UnknownProductError, InvalidProductError, SkuTakenError} from '../../errors.ts'
import {countCodePoints, isStorable, maxLength} from '../../text.ts'
import {lockOffer} from './lock-product.ts'
import {holdPool} from '../stock/pools.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {addPrice, type NewPrice, requirePrice} from './prices.ts'
import {maxOnHand} from '../stock/adjust.ts'

export type NewProduct = {
  name: string
  /** The operator's own number of the product. */
  sku?: string | undefined
  enabled: boolean
  price: NewPrice
  /** The initial stock, in a stock pool given by name. */
  stock: {pool: string; quantity: number}
  /** The most units that one order may have; null for no limit. */
  maxPerOrder?: number | null
}

/**
 * Creates a product with its price, its stock and the first movement of its ledger, all or nothing. Returns its id.
 * Throws InvalidProductError, SkuTakenError, InvalidPriceError or UnknownPoolError.
 */
export async function createProduct(db: Knex, product: NewProduct, operator?: Operator): Promise<number> {
  const wanted = {...product, name: readName(product.name), sku: readSku(product.sku)}
  requirePrice(product.price)
  requireMaxPerOrder(product.maxPerOrder)
  const {quantity} = product.stock
  if (!Number.isSafeInteger(quantity) || quantity < 0 || quantity > maxOnHand) {
    throw new InvalidProductError(`The stock must be a whole number from 0 to ${maxOnHand}.`)
  }
  return withFreeSku(wanted.sku, async () =>
    db.transaction(async (trx) => writeProduct(trx, wanted, operator), {isolationLevel: 'read committed'}),
  )
}

async function writeProduct(
  trx: Knex.Transaction,
  product: NewProduct,
  operator: Operator | undefined,
): Promise<number> {
  const {name, sku, enabled, price, stock, maxPerOrder = null} = product
  const {id: poolId} = await holdPool(trx, stock.pool)
  const columns = operatorColumns(operator)
  const row = {name, sku: sku ?? null, enabled, max_per_order: maxPerOrder}
  const {id} = onlyRow(await trx('products').insert(row).returning<{id: number}[]>('id'))
  await addPrice(trx, id, price, operator)
  await query(
    trx,
    `with level as (
       insert into stock_levels (product_id, pool_id, on_hand) values (?, ?, ?)
       returning product_id, pool_id, on_hand
     )
     insert into stock_movements (product_id, pool_id, delta, reason, operator, note)
     select product_id, pool_id, on_hand, 'load', ?, ?
     from level
     where on_hand > 0`,
    [id, poolId, stock.quantity, columns.operator, columns.note],
  )
  return id
}

export type ProductChange = {
  name?: string | undefined
  /** Null removes the SKU. */
  sku?: string | null | undefined
  enabled?: boolean | undefined
  /** Null lifts the limit. */
  maxPerOrder?: number | null | undefined
}

/**
 * Changes the given properties. Orders are either committed before the change, or see the product after it. Throws
 * UnknownProductError, InvalidProductError or SkuTakenError.
 */
export async function updateProduct(db: Knex, id: number, product: ProductChange): Promise<ProductState> {
  const {name, maxPerOrder} = product
  requireMaxPerOrder(maxPerOrder)
  const change = {...product, name: name === undefined ? undefined : readName(name), sku: readSku(product.sku)}
  return withFreeSku(change.sku, async () =>
    db.transaction(async (trx) => lockAndChange(trx, id, change), {isolationLevel: 'read committed'}),
  )
}

export type ProductState = {
  id: number
  name: string
  /** Null if it has none. */
  sku: string | null
  enabled: boolean
  /** The most units that one order may have; null for no limit. */
  maxPerOrder: number | null
}

/** Throws UnknownProductError. */
export async function findProduct(db: Knex, id: number): Promise<ProductState> {
  const [product] = await query<ProductState>(
    db,
    'select id, name, sku, enabled, max_per_order as "maxPerOrder" from products where id = ?',
    [id],
  )
  if (!product) throw new UnknownProductError(id)
  return product
}

async function lockAndChange(trx: Knex.Transaction, id: number, change: ProductChange): Promise<ProductState> {
  const {name, sku, enabled, maxPerOrder} = change
  await lockOffer(trx, id)
  const products = await query<ProductState>(
    trx,
    `update products
     set name = coalesce(?, name), enabled = coalesce(?, enabled), sku = case when ? then sku else ? end,
         max_per_order = case when ? then max_per_order else ?::bigint end
     where id = ?
     returning id, name, sku, enabled, max_per_order as "maxPerOrder"`,
    [name ?? null, enabled ?? null, sku === undefined, sku ?? null, maxPerOrder === undefined, maxPerOrder ?? null, id],
  )
  return onlyRow(products)
}

/** Trims the name. Throws InvalidProductError. */
function readName(text: string): string {
  const name = text.trim()
  const problem = findNameProblem(name)
  if (problem !== undefined) throw new InvalidProductError(problem)
  return name
}

/** Trims the SKU. Throws InvalidProductError. */
function readSku<Sku extends string | null | undefined>(text: Sku): Sku | string {
  if (text == null) return text
  const sku = text.trim()
  const length = countCodePoints(sku)
  if (length < 1 || length > maxLength.sku || !isStorable(sku)) {
    throw new InvalidProductError(
      `A SKU must have 1 to ${maxLength.sku} characters, not only spaces, and no NUL character or half of a surrogate pair.`,
    )
  }
  return sku
}

async function withFreeSku<Result>(sku: string | null | undefined, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (sku != null && violates(error, 'products_sku_key')) throw new SkuTakenError(sku, {cause: error})
    throw error
  }
}

/** Throws InvalidProductError unless it is a positive whole number, or no limit. */
function requireMaxPerOrder(max: number | null | undefined): void {
  if (max == null || (Number.isSafeInteger(max) && max >= 1)) return
  throw new InvalidProductError('The most units of a product in an order must be a positive whole number.')
}

/** Says why a product cannot have the name; undefined if it can. */
export function findNameProblem(name: string): string | undefined {
  const length = countCodePoints(name.trim())
  if (length < 1 || length > maxLength.productName) {
    return `A product name must have 1 to ${maxLength.productName} characters, not only spaces; this one has ${length}.`
  }
  if (!isStorable(name)) return 'The name contains a NUL character or half of a surrogate pair.'
  return undefined
}
