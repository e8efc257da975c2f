import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import {priceAt} from '../../src/services/products/prices.ts'

/** Orders whose price differs from the one that the history gives for their moment. */
export async function findMispriced(db: Knex): Promise<unknown[]> {
  return query(
    db,
    `select order_id, unit_price, price.amount
     from order_lines
     join orders on orders.id = order_id
     left join lateral (${priceAt('order_lines.product_id', 'orders.currency', 'orders.created_at')}) as price on true
     where unit_price is distinct from price.amount`,
  )
}
