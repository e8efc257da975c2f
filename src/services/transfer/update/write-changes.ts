import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {type Operator, operatorColumns} from '../../operator.ts'
import {noteListings} from '../../catalogue/load-listings.ts'
import type {Problems} from '../fixture-problems.ts'
import {findProblems} from '../stage/find-problems.ts'

/** Locks the products that change, in the order of their ids. Blocks other commands that change them, but no order. */
export async function lockChangedProducts(trx: Knex.Transaction): Promise<void> {
  await query(
    trx,
    `select count(*) from (
       select from products where id in (${changedProducts}) order by id for no key update
     ) as locked`,
  )
}

const changedProducts = ['product', 'price', 'level']
  .map((kind) => `select product_id as id from ${kind}_changes`)
  .join(' union ')

/** Renames, enables, disables and limits products, and sets their SKUs. Orders go on. */
export async function writeProductChanges(trx: Knex.Transaction): Promise<void> {
  // Products may exchange their SKUs, and the index is checked row by row.
  await query(
    trx,
    `update products
     set sku = null
     from product_changes as change
     where products.id = change.product_id
       and change.sku <> change.old_sku
       and change.old_sku in (select sku from product_changes where sku is distinct from old_sku)`,
  )
  await query(
    trx,
    `update products
     set name = change.name, sku = change.sku, enabled = change.enabled, max_per_order = change.max_per_order
     from product_changes as change
     where products.id = change.product_id`,
  )
}

/**
 * Locks the stock levels of the products that change, in the order of checkouts. Until the transaction ends, orders of these
 * products wait.
 */
export async function lockChangedLevels(trx: Knex.Transaction): Promise<void> {
  await query(
    trx,
    `select count(*) from (
       select from stock_levels where product_id in (${changedProducts}) order by product_id, pool_id for update
     ) as locked`,
  )
}

/** Adds prices to the history. They take effect now, behind the lock, if the file names no time. */
export async function writePriceChanges(trx: Knex.Transaction, operator: Operator | undefined): Promise<void> {
  const {operator: name, note} = operatorColumns(operator)
  await query(
    trx,
    `insert into product_prices (product_id, currency, amount, effective_from, operator, note)
     select product_id, currency, amount, coalesce(effective_from, statement_timestamp()), ?, ?
     from price_changes
     order by seq`,
    [name, note],
  )
}

/**
 * Adds to the stock what the file has more or less than the shop had when the lines were compared. What was sold or returned
 * between that and the lock stays sold or returned.
 */
export async function writeLevelChanges(
  trx: Knex.Transaction,
  problems: Problems,
  operator: Operator | undefined,
): Promise<void> {
  await removeExpiredHolds(trx)
  await findProblems(
    trx,
    problems,
    `select seq, record,
            format('the stock of pool %s must be at least %s more, for what baskets hold and what was sold meanwhile',
                   pool.name, reserved - (on_hand + change.quantity - old_quantity)) as reason
     from level_changes as change
     join stock_levels as level using (product_id, pool_id)
     join stock_pools as pool on pool.id = pool_id
     join update_lines using (seq)
     where change.quantity < old_quantity and on_hand + change.quantity - old_quantity < reserved`,
  )
  problems.refuseAny()
  const {operator: name, note} = operatorColumns(operator)
  await query(
    trx,
    `update stock_levels as level
     set on_hand = on_hand + change.quantity - old_quantity
     from level_changes as change
     where level.product_id = change.product_id and level.pool_id = change.pool_id and old_quantity is not null`,
  )
  await query(
    trx,
    `insert into stock_levels (product_id, pool_id, on_hand)
     select product_id, pool_id, quantity from level_changes where old_quantity is null order by product_id, pool_id`,
  )
  await query(
    trx,
    `insert into stock_movements (product_id, pool_id, delta, reason, created_at, operator, note)
     select product_id, pool_id, quantity - coalesce(old_quantity, 0), 'adjust', statement_timestamp(), ?, ?
     from level_changes
     order by product_id, pool_id`,
    [name, note],
  )
}

/** Only of levels whose stock would not be enough for all holds. */
async function removeExpiredHolds(trx: Knex.Transaction): Promise<void> {
  await query(
    trx,
    `with removed as (
       delete from stock_reservations as hold
       using level_changes as change
       join stock_levels as level using (product_id, pool_id)
       where hold.product_id = change.product_id and hold.pool_id = change.pool_id
         and change.quantity < old_quantity and on_hand + change.quantity - old_quantity < reserved
         and hold.expires_at <= statement_timestamp()
       returning hold.product_id, hold.pool_id, hold.quantity
     ),
     freed as (
       select product_id, pool_id, sum(quantity)::bigint as quantity from removed group by product_id, pool_id
     )
     update stock_levels as level
     set reserved = reserved - freed.quantity
     from freed
     where level.product_id = freed.product_id and level.pool_id = freed.pool_id`,
  )
}

/** Has the listings follow, except those that follow by themselves: of products that sell out, or are in stock again. */
export async function noteChangedListings(trx: Knex.Transaction): Promise<void> {
  await noteListings(
    trx,
    `select product_id as id
     from product_changes
     where (name, enabled) is distinct from (old_name, old_enabled)
     union
     select product_id from price_changes where coalesce(effective_from <= statement_timestamp(), true)
     union
     select product_id from level_changes where old_quantity is null`,
  )
}
