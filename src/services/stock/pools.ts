import type {Knex} from 'knex'

import {countCodePoints} from '../../text.ts'
import {violates} from '../../db/errors.ts'
import type {StockPoolRow} from '../../db/tables.ts'
import {InvalidPoolError, PoolNameTakenError, UnknownPoolError} from '../../errors.ts'

/** A fulfilment centre or shelf: one product can be in several. */
export type Pool = {
  id: number
  name: string
}

const maxLength = 100

/** Throws InvalidPoolError or PoolNameTakenError. */
export async function createPool(db: Knex, name: string): Promise<Pool> {
  if (name.trim() === '' || countCodePoints(name) > maxLength || /[\0\p{Surrogate}]/u.test(name)) {
    throw new InvalidPoolError(`The name of a pool has 1 to ${maxLength} characters, not only spaces.`)
  }
  try {
    const [pool] = await db<StockPoolRow>('stock_pools').insert({name}).returning(['id', 'name'])
    return pool as Pool
  } catch (error) {
    if (violates(error, 'stock_pools_name_key')) throw new PoolNameTakenError(name, {cause: error})
    throw error
  }
}

/** Throws UnknownPoolError, which names those that there are. */
export async function findPool(db: Knex, name: string): Promise<Pool> {
  const pools = await db<StockPoolRow>('stock_pools').select('id', 'name').orderBy('id')
  const pool = pools.find((one) => one.name === name)
  if (pool) return pool
  throw new UnknownPoolError(
    name,
    pools.map((one) => one.name),
  )
}
