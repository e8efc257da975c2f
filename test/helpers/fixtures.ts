import type {Knex} from 'knex'

import {loadFixture, type LoadResult} from '../../src/services/transfer/load.ts'
import {cheapBcrypt} from './cheap-bcrypt.ts'

export async function load(db: Knex, content: unknown): Promise<LoadResult> {
  const text = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content)
  return loadFixture(db, cheapBcrypt, text, {currency: 'USD'})
}

const tables = [
  'users',
  'auth_tokens',
  'products',
  'product_prices',
  'stock_pools',
  'stock_levels',
  'stock_movements',
  'orders',
  'order_lines',
]

/** The rows of all tables that a load can change. */
export async function contents(db: Knex): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {}
  for (const table of tables) all[table] = await db(table).orderByRaw('1, 2')
  return all
}
