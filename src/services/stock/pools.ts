import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import {onlyRow, query} from '../../db/query.ts'
import type {StockPoolRow} from '../../db/tables.ts'
import {DefaultPoolError, InvalidPoolError, PoolInUseError, PoolNameTakenError, UnknownPoolError} from '../../errors.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import {isAtMost, isStorable, maxLength} from '../../text.ts'

/** A place that has stock, such as a warehouse or a store room. A product can be in several. */
export type Pool = {
  id: number
  name: string
}

/** The stock pool that commands and fixtures use if none is named. */
export const defaultPool = 'default'

/** Throws InvalidPoolError or PoolNameTakenError. */
export async function createPool(db: Knex, name: string): Promise<Pool> {
  requirePoolName(name)
  try {
    const pools = await db<StockPoolRow>('stock_pools').insert({name}).returning(['id', 'name'])
    return onlyRow(pools)
  } catch (error) {
    throw isTaken(error) ? new PoolNameTakenError(name, {cause: error}) : error
  }
}

/** Throws UnknownPoolError, DefaultPoolError, InvalidPoolError or PoolNameTakenError. */
export async function renamePool(db: Knex, name: string, newName: string): Promise<Pool> {
  requirePoolName(newName)
  try {
    return await db.transaction(
      async (trx) => {
        const {id} = await findPool(trx, name, 'update')
        if (name === defaultPool) throw new DefaultPoolError(name)
        const pools = await trx<StockPoolRow>('stock_pools').where({id}).update({name: newName}, ['id', 'name'])
        return onlyRow(pools)
      },
      {isolationLevel: 'read committed'},
    )
  } catch (error) {
    throw isTaken(error) ? new PoolNameTakenError(newName, {cause: error}) : error
  }
}

/**
 * Deletes a stock pool that never had stock. Others stay, even when they are empty: the ledger has their movements, and
 * cancelled orders return stock to them. Throws UnknownPoolError, DefaultPoolError or PoolInUseError.
 */
export async function deletePool(db: Knex, name: string): Promise<Pool> {
  return db.transaction(async (trx) => lockAndDelete(trx, name), {isolationLevel: 'read committed'})
}

async function lockAndDelete(trx: Knex.Transaction, name: string): Promise<Pool> {
  const pool = await findPool(trx, name, 'update')
  if (name === defaultPool) throw new DefaultPoolError(name)
  const [use] = await query<{units: number}>(
    trx,
    `select coalesce(sum(on_hand), 0)::bigint as units
     from stock_levels
     where pool_id = ?
       and (
         on_hand > 0
         or exists (
           select from stock_movements
           where stock_movements.product_id = stock_levels.product_id
             and stock_movements.pool_id = stock_levels.pool_id
         )
       )
     having count(*) > 0`,
    [pool.id],
  )
  if (use) throw new PoolInUseError(name, use)
  await trx('stock_levels').where({pool_id: pool.id}).delete()
  await trx('stock_pools').where({id: pool.id}).delete()
  return pool
}

/** Throws UnknownPoolError, which lists the stock pools that exist. */
export async function findPool(db: Knex, name: string, lock?: 'key share' | 'update'): Promise<Pool> {
  const locking = lock === undefined ? '' : `for ${lock}`
  const [pool] = await query<Pool>(db, `select id, name from stock_pools where name = ? ${locking}`, [name])
  if (pool) return pool
  throw new UnknownPoolError(name, await db<StockPoolRow>('stock_pools').orderBy('id').pluck('name'))
}

/** Finds a stock pool, which then stays until the transaction ends. Throws UnknownPoolError. */
export async function holdPool(trx: Knex.Transaction, name: string): Promise<Pool> {
  return findPool(trx, name, 'key share')
}

/** A stock pool, and what is in it. */
export type PoolSummary = Pool & {
  /** How many products have stock there. */
  products: number
  onHand: number
  /** What baskets hold. */
  reserved: number
  free: number
}

/** The oldest first. Throws InvalidPageError. */
export async function listPools(db: Knex, request: PageRequest): Promise<Page<PoolSummary>> {
  const {count} = onlyRow(await query<{count: number}>(db, 'select count(*) as count from stock_pools'))
  const located = locatePage(request, count)
  const results = await query<PoolSummary>(
    db,
    `select id, name, coalesce(products, 0) as products, coalesce("onHand", 0) as "onHand",
            coalesce(reserved, 0) as reserved, coalesce("onHand" - reserved, 0) as free
     from (select id, name from stock_pools order by id limit ? offset ?) as pool
     left join (
       select pool_id, count(*) filter (where on_hand > 0) as products, sum(on_hand)::bigint as "onHand",
              sum(reserved)::bigint as reserved
       from stock_levels
       group by pool_id
     ) as stock on stock.pool_id = pool.id
     order by id`,
    [request.pageSize, (located.page - 1) * request.pageSize],
  )
  return {count, ...located, results}
}

function requirePoolName(name: string): void {
  if (name.trim() !== '' && isAtMost(name, maxLength.poolName) && isStorable(name)) return
  throw new InvalidPoolError(
    `A stock pool name must have 1 to ${maxLength.poolName} characters, not only spaces, and no NUL character or half of a surrogate pair.`,
  )
}

function isTaken(error: unknown): boolean {
  return violates(error, 'stock_pools_name_key')
}
