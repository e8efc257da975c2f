import {createHash, randomBytes, randomUUID} from 'node:crypto'

import type {Knex} from 'knex'

import {keepSecret} from './secrets.ts'
import {newOrder, type OrderItem} from '../../src/services/checkout/new-order.ts'

export async function addUser(db: Knex, username = `user-${randomUUID()}`): Promise<number> {
  const [user] = await db('users').insert({username, password_hash: '!'}).returning<{id: number}[]>('id')
  return user?.id ?? Number.NaN
}

export async function addToken(db: Knex, userId: number): Promise<string> {
  const token = randomBytes(20).toString('hex')
  keepSecret(token)
  await db('auth_tokens').insert({token_hash: createHash('sha256').update(token).digest(), user_id: userId})
  return token
}

type ProductOptions = {id?: number; name?: string; enabled?: boolean; stock?: number; price?: number | null}

/** Adds a product with stock in the default pool and a matching movement in the ledger. */
export async function addProduct(db: Knex, options: ProductOptions = {}): Promise<number> {
  const {id, name = 'Rice', enabled = true, stock = 10, price = 1000} = options
  const [product] = await db('products')
    .insert({...(id !== undefined && {id}), name, enabled})
    .returning<{id: number}[]>('id')
  const productId = product?.id ?? Number.NaN
  if (price !== null) await db('product_prices').insert({product_id: productId, currency: 'USD', amount: price})
  await addStock(db, {productId, poolId: 1, quantity: stock})
  return productId
}

export async function addStock(db: Knex, level: {productId: number; poolId: number; quantity: number}): Promise<void> {
  const row = {product_id: level.productId, pool_id: level.poolId}
  await db('stock_levels').insert({...row, on_hand: level.quantity})
  if (level.quantity > 0) await db('stock_movements').insert({...row, delta: level.quantity, reason: 'load'})
}

export async function stockOf(db: Knex, productId: number): Promise<number> {
  const [row] = await db('stock_levels').where({product_id: productId}).sum<{sum: string}[]>('on_hand as sum')
  return Number(row?.sum)
}

export function usdOrder(userId: number, items: OrderItem[], idempotencyKey?: string): ReturnType<typeof newOrder> {
  return newOrder({userId, currency: 'USD', items, ...(idempotencyKey !== undefined && {idempotencyKey})})
}
