import type {Knex} from 'knex'

import type {Currency} from '../money.ts'
import {locatePage, type Page, type PageRequest} from './page.ts'

export type Product = {
  id: number
  name: string
  /** What can be ordered now, over all pools. */
  quantityInStock: number
  /** In minor units of the currency. */
  price: number
  currency: Currency
}

/** What can be bought now: enabled, in stock and with a price in the currency; by name. */
export async function listProducts(
  db: Knex,
  {currency, ...request}: PageRequest & {currency: Currency},
): Promise<Page<Product>> {
  const [total] = await forSale(db, currency).count<{count: number}[]>('* as count')
  const count = total?.count ?? 0
  const {page, pageCount} = locatePage(request, count)

  const results = await forSale(db, currency)
    .select<Omit<Product, 'currency'>[]>({
      id: 'products.id',
      name: 'products.name',
      quantityInStock: 'stock.available',
      price: 'price.amount',
    })
    .orderBy([{column: 'products.name'}, {column: 'products.id'}])
    .limit(request.pageSize)
    .offset((page - 1) * request.pageSize)
  return {count, page, pageCount, results: results.map((product) => ({...product, currency}))}
}

function forSale(db: Knex, currency: Currency): Knex.QueryBuilder {
  return db('products')
    .joinRaw(
      `cross join lateral (
        select sum(on_hand - reserved)::bigint as available
        from stock_levels
        where stock_levels.product_id = products.id
      ) as stock`,
    )
    .joinRaw(
      `cross join lateral (
        select amount
        from product_prices
        where product_prices.product_id = products.id
          and currency = ?
          and effective_from <= statement_timestamp()
        order by effective_from desc, product_prices.id desc
        limit 1
      ) as price`,
      currency,
    )
    .where('products.enabled', true)
    .where('stock.available', '>', 0)
}
