import type {Knex} from 'knex'

import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepareBuilt} from '../../db/pipeline/prepared.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import type {OrderItem} from '../checkout/new-order.ts'

/** How many of a product a list of orders asks for together. */
export type Demand = {productId: number; quantity: number}

/**
 * Waits for every pool of the products. Locks in (product, pool) order, so that two checkouts of the same products queue
 * up instead of deadlocking.
 */
export function lockStock(db: Knex, productIds: number[]): Knex.QueryBuilder<StockLevelRow, StockLevelRow[]> {
  return db<StockLevelRow>('stock_levels')
    .select<StockLevelRow[]>('product_id', 'pool_id', 'on_hand', 'reserved')
    .whereRaw('product_id = any (?::bigint[])', [productIds])
    .orderBy(['product_id', 'pool_id'])
    .forUpdate()
}

const lockAllPools = prepareBuilt('lock_all_pools', (db) => lockStock(db, []))

const lockFreePools = prepareBuilt('lock_free_pools', (db) =>
  db.raw('select level.* from unnest(?::bigint[], ?::bigint[]) as wanted (id, quantity) cross join lateral ?', [
    [],
    [],
    freePool(db, 'wanted.id', 'wanted.quantity'),
  ]),
)

/** For a lateral join, as `level`: the first pool of a product that nobody has locked and that has enough. Its arguments are SQL. */
export function freePool(db: Knex, productId: string, quantity: string): Knex.QueryBuilder {
  return db<StockLevelRow>('stock_levels')
    .select('product_id', 'pool_id', 'on_hand', 'reserved')
    .whereRaw(`product_id = ${productId} and on_hand - reserved >= ${quantity}`)
    .orderBy('pool_id')
    .limit(1, {skipBinding: true})
    .forUpdate()
    .skipLocked()
    .as('level')
}

/** As `lockStock` does. */
export async function sendStockLock(trx: PipelinedTransaction, productIds: number[]): Promise<StockLevelRow[]> {
  return trx.send<StockLevelRow>(lockAllPools, [productIds])
}

/**
 * Locks one pool of each product: the first that is free and has enough. Waits for nothing, so that it needs no order;
 * a product without such a pool has no row.
 */
export async function sendFreeStockLock(trx: PipelinedTransaction, demand: Demand[]): Promise<StockLevelRow[]> {
  return trx.send<StockLevelRow>(lockFreePools, columns(demand, 'productId', 'quantity'))
}

export function sumDemand(items: OrderItem[]): Demand[] {
  const sums = new Map<number, number>()
  for (const {productId, quantity} of items) sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return [...sums].map(([productId, quantity]) => ({productId, quantity}))
}
