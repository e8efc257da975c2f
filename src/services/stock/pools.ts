import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import {onlyRow} from '../../db/query.ts'
import type {StockPoolRow} from '../../db/tables.ts'
import {InvalidPoolError, PoolNameTakenError, UnknownPoolError} from '../../errors.ts'
import {isAtMost, isStorable, maxLength} from '../../text.ts'

/** A place that has stock, such as a warehouse or a store room. A product can be in several. */
export type Pool = {
  id: number
  name: string
}

/** Throws InvalidPoolError or PoolNameTakenError. */
export async function createPool(db: Knex, name: string): Promise<Pool> {
  if (name.trim() === '' || !isAtMost(name, maxLength.poolName) || !isStorable(name)) {
    throw new InvalidPoolError(
      `A stock pool name must have 1 to ${maxLength.poolName} characters, not only spaces, and no NUL character or half of a surrogate pair.`,
    )
  }
  try {
    const pools = await db<StockPoolRow>('stock_pools').insert({name}).returning(['id', 'name'])
    return onlyRow(pools)
  } catch (error) {
    if (violates(error, 'stock_pools_name_key')) throw new PoolNameTakenError(name, {cause: error})
    throw error
  }
}

/** Throws UnknownPoolError, which lists the stock pools that exist. */
export async function findPool(db: Knex, name: string): Promise<Pool> {
  const pools = await db<StockPoolRow>('stock_pools').select('id', 'name').orderBy('id')
  const pool = pools.find((one) => one.name === name)
  if (pool) return pool
  throw new UnknownPoolError(
    name,
    pools.map((one) => one.name),
  )
}
