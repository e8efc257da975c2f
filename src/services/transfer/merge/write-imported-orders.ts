import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {advanceSequence} from './sequences.ts'

/**
 * Adds the orders that the shop does not have. They were placed in another system, which took their stock. Rows go in by
 * ascending id, the order in which concurrent checkouts draw theirs, so that the two cannot deadlock.
 */
export async function writeImportedOrders(trx: Knex.Transaction): Promise<void> {
  await advanceSequence(trx, 'orders')
  await query(
    trx,
    `insert into orders (id, user_id, currency, total, created_at, status, is_imported)
     select staged.id, user_ids.id, currency, total, created_at, status, true
     from staged_orders as staged
     join user_ids on user_ids.seq = staged.user_seq
     where ${isAdded('staged.seq')}
     order by staged.id`,
  )
  await query(
    trx,
    `insert into order_lines (order_id, position, product_id, product_name, unit_price, quantity)
     select orders.id, row_number() over (partition by orders.id order by line.position),
            products.id, coalesce(line.sold_as, products.name), line.unit_price, line.quantity
     from staged_lines as line
     join staged_orders as orders on orders.seq = line.order_seq
     join loaded_products as products on products.seq = line.product_seq
     where ${isAdded('line.order_seq')}
     order by orders.id, line.position`,
  )
  await query(
    trx,
    `insert into idempotency_keys (user_id, key, fingerprint, order_id, created_at)
     select user_ids.id, staged.key, staged.fingerprint, orders.id, coalesce(staged.created_at, now())
     from staged_keys as staged
     join staged_orders as orders on orders.seq = staged.order_seq
     join user_ids on user_ids.seq = orders.user_seq
     where ${isAdded('staged.order_seq')}`,
  )
}

function isAdded(seq: string): string {
  return `not exists (select from known_orders where known_orders.seq = ${seq})`
}
