import type {Knex} from 'knex'

import {columns} from '../../db/columns.ts'
import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare, prepareBuilt, queryPrepared} from '../../db/pipeline/prepared.ts'
import type {StockLevelKey, StockLevelRow} from '../../db/tables.ts'
import {currentBaskets, productsOf} from '../baskets/read-locked.ts'
import type {OrderItem} from '../checkout/new-order.ts'

/** How many of a product a batch of orders asks for in total. */
export type Demand = {productId: number; quantity: number}

/**
 * Locks every stock level of the products, and waits for those that are locked. Locks in (product, pool) order, so that
 * two checkouts of the same products queue up instead of deadlocking.
 */
export function lockStock(db: Knex, productIds: number[]): Knex.QueryBuilder<StockLevelRow, StockLevelRow[]> {
  return lockStockOf(db, '?::bigint[]', [productIds])
}

/** The same for products that are given as SQL for an array of ids. */
function lockStockOf(
  db: Knex,
  productIds: string,
  bindings: number[][],
): Knex.QueryBuilder<StockLevelRow, StockLevelRow[]> {
  return db<StockLevelRow>('stock_levels')
    .select<StockLevelRow[]>('product_id', 'pool_id', 'on_hand', 'reserved')
    .whereRaw(`product_id = any (${productIds})`, bindings)
    .orderBy(['product_id', 'pool_id'])
    .forUpdate()
}

/** Locks stock levels in the same order, and waits for those that are locked. */
export function lockLevels(db: Knex, levels: StockLevelKey[]): Knex.QueryBuilder<StockLevelRow, StockLevelRow[]> {
  return db<StockLevelRow>('stock_levels')
    .select<StockLevelRow[]>('product_id', 'pool_id', 'on_hand', 'reserved')
    .whereIn(
      ['product_id', 'pool_id'],
      levels.map(({product_id, pool_id}) => [product_id, pool_id]),
    )
    .orderBy(['product_id', 'pool_id'])
    .forUpdate()
}

const lockAllStatement = prepareBuilt('lock_all_levels', (db) => lockStock(db, []))

const lockWithBasketsStatement = prepareBuilt('lock_levels_of_baskets', (db) =>
  lockStockOf(db, `array(${productsOf('?::bigint[]', '?::bigint[]')})`, [[], []]),
)

/**
 * SQL for whether this transaction has locked a row with FOR UPDATE: PostgreSQL keeps in `xmax` who did. A statement that reads
 * only such rows has begun after their lock was taken, and has seen what was committed before. One that locks rows itself
 * would also take those that were unlocked, and perhaps changed, since it began.
 */
export function isLockedHere(table: string): string {
  return `${table}.xmax = pg_current_xact_id_if_assigned()::xid`
}

const lockFreeStatement = prepareBuilt('lock_free_levels', (db) =>
  db.raw('select level.* from unnest(?::bigint[], ?::bigint[]) as wanted (id, quantity) cross join lateral ?', [
    [],
    [],
    freeLevel(db, 'wanted.id', 'wanted.quantity'),
  ]),
)

/** For a lateral join, as `level`: a product's first unlocked stock level that has enough. The arguments are SQL. */
function freeLevel(db: Knex, productId: string, quantity: string): Knex.QueryBuilder {
  return db<StockLevelRow>('stock_levels')
    .select('product_id', 'pool_id', 'on_hand', 'reserved')
    .whereRaw(`product_id = ${productId} and on_hand - reserved >= ${quantity}`)
    .orderBy('pool_id')
    .limit(1, {skipBinding: true})
    .forUpdate()
    .skipLocked()
    .as('level')
}

/** The same of those that this transaction has locked. */
export function lockedLevel(productId: string, quantity: string): string {
  return `(
    select product_id, pool_id
    from stock_levels
    where product_id = ${productId} and on_hand - reserved >= ${quantity} and ${isLockedHere('stock_levels')}
    order by pool_id
    limit 1
  ) as level`
}

/** Locks as `lockStock` does. */
export async function lockAllStock(trx: PipelinedTransaction, productIds: number[]): Promise<StockLevelRow[]> {
  return trx.send<StockLevelRow>(lockAllStatement, [productIds])
}

/** Locks as `lockStock` does: the levels of some products, and of those in the baskets of some users, which are locked. */
export async function lockStockWithBaskets(
  trx: PipelinedTransaction,
  productIds: number[],
  userIds: number[],
): Promise<StockLevelRow[]> {
  return trx.send<StockLevelRow>(lockWithBasketsStatement, [productIds, userIds])
}

/**
 * Locks one stock level of each product: the first that is unlocked and has enough. It never waits, so the order of its
 * locks does not matter. A product without such a level has no row.
 */
export async function lockFreeStock(trx: PipelinedTransaction, demand: Demand[]): Promise<StockLevelRow[]> {
  return trx.send<StockLevelRow>(lockFreeStatement, columns(demand, 'productId', 'quantity'))
}

/** A product with a level that another session has locked. `userId` has it in the basket; null if nobody that was asked for. */
export type LockedProduct = {productId: number; userId: number | null}

const wantedLevels = `
  select product_id, pool_id from stock_levels where product_id = any (array(${productsOf('?::bigint[]', '?::bigint[]')}))`

const findLockedStatement = prepare(
  'find_locked_products',
  `with unlocked as (${wantedLevels} for update skip locked),
     locked as (${wantedLevels} except select * from unlocked)
   select distinct product_id as "productId", user_id as "userId"
   from locked
   left join (
     select user_id, product_id
     from basket_lines
     join baskets on baskets.id = basket_id
     where basket_id = any (array(${currentBaskets('?::bigint[]')}))
   ) as line using (product_id)`,
)

/** Which of some products, and of those in the baskets of some users, another session has locked. Waits for no lock. */
export async function findLockedProducts(db: Knex, productIds: number[], userIds: number[]): Promise<LockedProduct[]> {
  const wanted = [productIds, userIds]
  return queryPrepared<LockedProduct>(db, findLockedStatement, [...wanted, ...wanted, userIds])
}

export function sumDemand(items: OrderItem[]): Demand[] {
  const sums = new Map<number, number>()
  for (const {productId, quantity} of items) sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return [...sums].map(([productId, quantity]) => ({productId, quantity}))
}
