import type {Knex} from 'knex'

import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipelined-transaction.ts'
import {prepareBuilt} from '../../db/prepared.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {OutOfStockError, type Shortage} from '../../errors.ts'
import type {OrderItem} from './order.ts'

/** So many units of a product out of one pool. */
export type Allocation = {
  productId: number
  poolId: number
  quantity: number
}

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

/** What is left of locked stock levels while the orders of a batch are decided one after the other. */
export class Shelf {
  readonly #left = new Map<number, Map<number, number>>()

  constructor(levels: StockLevelRow[]) {
    for (const {product_id, pool_id, on_hand, reserved} of levels) {
      const pools = this.#left.get(product_id) ?? new Map<number, number>()
      this.#left.set(product_id, pools.set(pool_id, on_hand - reserved))
    }
  }

  /** Throws OutOfStockError with every item of which there is not enough. */
  requireStock(items: OrderItem[]): void {
    const shortages = items.flatMap(({productId, quantity}): Shortage[] => {
      const available = this.#available(productId)
      return available < quantity ? [{productId, requested: quantity, available}] : []
    })
    if (shortages.length > 0) throw new OutOfStockError(shortages)
  }

  /** Each item comes out of the first pool that has enough of it, or else out of several. */
  take(items: OrderItem[]): Allocation[] {
    return items.flatMap((item) => this.#takeItem(item))
  }

  #available(productId: number): number {
    let sum = 0
    for (const left of this.#left.get(productId)?.values() ?? []) sum += left
    return sum
  }

  #takeItem({productId, quantity}: OrderItem): Allocation[] {
    const pools = this.#left.get(productId) ?? new Map<number, number>()
    const single = [...pools].find(([, left]) => left >= quantity)
    const sources = single ? [single] : [...pools]

    const allocations: Allocation[] = []
    let missing = quantity
    for (const [poolId, left] of sources) {
      const taken = Math.min(left, missing)
      if (taken === 0) continue
      missing -= taken
      pools.set(poolId, left - taken)
      allocations.push({productId, poolId, quantity: taken})
    }
    return allocations
  }
}
