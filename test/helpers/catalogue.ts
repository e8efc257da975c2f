import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {audit} from '../../src/services/audit.ts'
import {listProducts, type Product} from '../../src/services/catalogue/list.ts'

/** Reads the whole list as one page. */
export async function listAll(db: Knex, currency = 'USD'): Promise<Product[]> {
  const {results} = await listProducts(db, {page: 1, pageSize: 1000, currency})
  return results
}

/** Computes the same list from the tables, without the listings. */
export async function recompute(db: Knex, currency = 'USD'): Promise<Product[]> {
  return query<Product>(
    db,
    `select id, name, stock.sum as "quantityInStock", price.amount as price, ?::text as currency
     from products
     join lateral (select sum(on_hand - reserved)::bigint from stock_levels where product_id = products.id) as stock on true
     join lateral (
       select amount
       from product_prices
       where product_id = products.id and currency = ? and effective_from <= statement_timestamp()
       order by effective_from desc, id desc
       limit 1
     ) as price on true
     where enabled and stock.sum > 0
     order by name, id`,
    [currency, currency],
  )
}

export async function auditListings(db: Knex): Promise<unknown[]> {
  const {findings} = await audit(db)
  return findings.filter(({invariant}) => /^(listings|price_changes)_/.test(invariant))
}

type NewPrice = {productId: number; amount: number; currency?: string; effectiveFrom?: string}

export async function addPrice(
  db: Knex,
  {productId, amount, currency = 'USD', effectiveFrom}: NewPrice,
): Promise<void> {
  const row = {product_id: productId, currency, amount}
  await db('product_prices').insert(effectiveFrom === undefined ? row : {...row, effective_from: effectiveFrom})
}

/** Adds products with different names, all in stock and with a price, by one statement for each table. */
export async function fillCatalogue(db: Knex, count: number): Promise<void> {
  await db.raw(
    `insert into products (id, name)
     select n, word || ' ' || quality || ' ' || to_hex(n * 7919 % 65536) || ' ' || n
     from (
       select n,
              (array['Rice', 'Green tea', 'Café crème', 'Salt', 'Olive oil', 'Sugar', 'Noodles'])[1 + n % 7] as word,
              (array['organic', 'fair', 'large', 'small', 'classic', 'smoked'])[1 + n / 7 % 6] as quality
       from generate_series(1, ?::bigint) as n
     ) as named`,
    [count],
  )
  await db.raw(
    `insert into product_prices (product_id, currency, amount)
     select id, 'USD', id * 7919 % 10000 from products where id <= ?`,
    [count],
  )
  await db.raw('insert into stock_levels (product_id, pool_id, on_hand) select id, 1, 10 from products where id <= ?', [
    count,
  ])
}
