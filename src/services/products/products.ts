import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {UnknownProductError, InvalidProductError} from '../../errors.ts'
import {countCodePoints, isStorable, maxLength} from '../../text.ts'
import {lockOffer} from './lock-product.ts'
import {findPool} from '../stock/pools.ts'
import {addPrice, type NewPrice, requirePrice} from './prices.ts'
import {maxOnHand} from '../stock/adjust.ts'

export type NewProduct = {
  name: string
  enabled: boolean
  price: NewPrice
  /** The initial stock, in a stock pool given by name. */
  stock: {pool: string; quantity: number}
}

/**
 * Creates a product with its price, its stock and the first movement of its ledger, all or nothing. Returns its id.
 * Throws InvalidProductError, InvalidPriceError or UnknownPoolError.
 */
export async function createProduct(db: Knex, product: NewProduct): Promise<number> {
  const wanted = {...product, name: readName(product.name)}
  requirePrice(product.price)
  const {quantity} = product.stock
  if (!Number.isSafeInteger(quantity) || quantity < 0 || quantity > maxOnHand) {
    throw new InvalidProductError(`The stock must be a whole number from 0 to ${maxOnHand}.`)
  }
  return db.transaction(async (trx) => writeProduct(trx, wanted), {isolationLevel: 'read committed'})
}

async function writeProduct(trx: Knex.Transaction, {name, enabled, price, stock}: NewProduct): Promise<number> {
  const {id: poolId} = await findPool(trx, stock.pool)
  const {id} = onlyRow(await trx('products').insert({name, enabled}).returning<{id: number}[]>('id'))
  await addPrice(trx, id, price)
  await query(
    trx,
    `with level as (
       insert into stock_levels (product_id, pool_id, on_hand) values (?, ?, ?)
       returning product_id, pool_id, on_hand
     )
     insert into stock_movements (product_id, pool_id, delta, reason)
     select product_id, pool_id, on_hand, 'load'
     from level
     where on_hand > 0`,
    [id, poolId, stock.quantity],
  )
  return id
}

export type ProductChange = {name?: string | undefined; enabled?: boolean | undefined}

/**
 * Changes the given properties. Orders are either committed before the change, or see the product after it. Throws
 * UnknownProductError or InvalidProductError.
 */
export async function updateProduct(db: Knex, id: number, {name, enabled}: ProductChange): Promise<ProductState> {
  const change = {name: name === undefined ? undefined : readName(name), enabled}
  return db.transaction(async (trx) => lockAndChange(trx, id, change), {isolationLevel: 'read committed'})
}

export type ProductState = {id: number; name: string; enabled: boolean}

/** Throws UnknownProductError. */
export async function findProduct(db: Knex, id: number): Promise<ProductState> {
  const product = await db<ProductState>('products').where({id}).first('id', 'name', 'enabled')
  if (!product) throw new UnknownProductError(id)
  return product
}

async function lockAndChange(trx: Knex.Transaction, id: number, {name, enabled}: ProductChange): Promise<ProductState> {
  await lockOffer(trx, id)
  const products = await query<ProductState>(
    trx,
    `update products
     set name = coalesce(?, name), enabled = coalesce(?, enabled)
     where id = ?
     returning id, name, enabled`,
    [name ?? null, enabled ?? null, id],
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

/** Says why a product cannot have the name; undefined if it can. */
export function findNameProblem(name: string): string | undefined {
  const length = countCodePoints(name.trim())
  if (length < 1 || length > maxLength.productName) {
    return `A product name must have 1 to ${maxLength.productName} characters, not only spaces; this one has ${length}.`
  }
  if (!isStorable(name)) return 'The name contains a NUL character or half of a surrogate pair.'
  return undefined
}
