import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {type Operator, operatorColumns} from '../../operator.ts'
import {advanceSequence} from './sequences.ts'

/** Adds the products that the shop does not have, and fills `loaded_products`. */
export async function writeProducts(trx: Knex.Transaction): Promise<void> {
  await advanceSequence(trx, 'products')
  await query(
    trx,
    `insert into loaded_products (seq, id, name, sku, enabled, created_at, max_per_order, is_new)
     select seq, coalesce(known_id, id, nextval('products_id_seq')), name, sku, enabled, created_at, max_per_order,
            known_id is null
     from (
       select staged.*, known.id as known_id
       from staged_products as staged
       left join known_products as known using (seq)
       order by seq
     ) as staged`,
  )
  await query(trx, 'analyze loaded_products')
  await query(
    trx,
    `insert into products (id, name, sku, enabled, created_at, max_per_order)
     select id, name, sku, enabled, coalesce(created_at, now()), max_per_order
     from loaded_products
     where is_new
     order by id`,
  )
}

/**
 * Adds the stock of new products only: that of the others has been sold from since. Each level gets its first movement.
 * Orders take from stock pools in the order of their ids, so new pools are created in the order of the file.
 */
export async function writeStock(trx: Knex.Transaction, operator?: Operator): Promise<void> {
  // Another session may be renaming or deleting one, and its stock would be left out.
  await query(
    trx,
    `select count(*) from (
       select from stock_pools
       where name in (select name from staged_pools union select pool from staged_levels)
       order by id
       for key share
     ) as locked`,
  )
  await query(
    trx,
    `insert into stock_pools (name)
     select name
     from (
       select name, 0 as part, seq from staged_pools
       union all
       select pool, 1, min(product_seq)
       from staged_levels
       join loaded_products on loaded_products.seq = product_seq
       where is_new and pool not in (select name from stock_pools)
       group by pool
     ) as wanted
     where not exists (select from stock_pools where stock_pools.name = wanted.name)
     group by name
     order by min(part), min(seq)`,
  )
  const {operator: name, note} = operatorColumns(operator)
  await query(
    trx,
    `with levels as (
       insert into stock_levels (product_id, pool_id, on_hand)
       select loaded_products.id, stock_pools.id, quantity
       from staged_levels
       join loaded_products on loaded_products.seq = product_seq
       join stock_pools on stock_pools.name = pool
       where is_new
       order by loaded_products.id, stock_pools.id
       returning product_id, pool_id, on_hand
     )
     insert into stock_movements (product_id, pool_id, delta, reason, operator, note)
     select product_id, pool_id, on_hand, 'load', ?, ?
     from levels
     where on_hand > 0`,
    [name, note],
  )
}

export async function writePrices(trx: Knex.Transaction, operator?: Operator): Promise<void> {
  const {operator: name, note} = operatorColumns(operator)
  await advanceSequence(trx, 'product_prices')
  await query(
    trx,
    `insert into product_prices (id, product_id, currency, amount, effective_from, operator, note)
     select coalesce(id, nextval('product_prices_id_seq')), product_id, currency, amount, coalesce(effective_from, now()),
            ?, ?
     from (
       select staged.id, loaded_products.id as product_id, currency, amount, effective_from
       from staged_prices as staged
       join loaded_products on loaded_products.seq = product_seq
       where not exists (select from known_prices where known_prices.seq = staged.seq)
       order by staged.seq
     ) as added`,
    [name, note],
  )
}

/** Queries for the ids of products that the load added, and of others that it gave prices. */
export const newProducts = 'select id from loaded_products where is_new order by id'
export const repricedProducts = `
  select distinct loaded_products.id
  from loaded_products
  join staged_prices on product_seq = loaded_products.seq
  where not is_new
    and not exists (select from known_prices where known_prices.seq = staged_prices.seq)`
