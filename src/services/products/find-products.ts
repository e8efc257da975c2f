import type {Knex} from 'knex'

import {query} from '../../db/query.ts'

export type StockedProduct = {
  id: number
  name: string
  /** The sum over all stock pools. */
  onHand: number
}

/** Finds products by a part of their name or of their SKU, or by their id, including disabled and sold-out ones. */
export async function searchProducts(
  db: Knex,
  {text, limit}: {text: string; limit: number},
): Promise<StockedProduct[]> {
  return query<StockedProduct>(
    db,
    `select id, name, stock."onHand"
     from products
     cross join lateral (
       select coalesce(sum(on_hand), 0)::bigint as "onHand" from stock_levels where product_id = products.id
     ) as stock
     where strpos(lower(name), lower(?)) > 0 or strpos(lower(sku), lower(?)) > 0 or id::text = ?
     order by name, id
     limit ?`,
    [text, text, text, limit],
  )
}
