import type {Knex} from 'knex'

import {query} from '../../../src/db/query.ts'
import type {Books, KeptOrder, Loaded} from './books.ts'

/** Reads all that is checked in one snapshot. Its SQL knows the tables, and calls nothing of the shop. */
export async function readBooks(db: Knex): Promise<Books> {
  return db.transaction(
    async (trx) => ({
      orders: await query<KeptOrder>(trx, ordersSql),
      levels: await query<Books['levels'][number]>(trx, levelsSql),
      adjustments: await query<Books['adjustments'][number]>(
        trx,
        `select coalesce(note, '') as note, product_id as "productId", delta as by
         from stock_movements
         where reason = 'adjust'`,
      ),
    }),
    {isolationLevel: 'repeatable read', readOnly: true},
  )
}

const movementsOf = (reason: string, sign: string): string => `
  coalesce((
    select json_agg(json_build_object('productId', product_id, 'quantity', quantity))
    from (
      select product_id, ${sign}sum(delta) as quantity
      from stock_movements
      where order_id = orders.id and reason = '${reason}'
      group by product_id
    ) as moved
  ), '[]')`

const ofProvider = (column: string): string => `
  coalesce((
    select sum(made.${column})
    from payments
    join test_provider.payments as made on made.reference = payments.reference::text
    where payments.order_id = orders.id
  ), 0)::bigint`

const ordersSql = `
  select
    id,
    user_id as "userId",
    status,
    total,
    payment_status as "paymentStatus",
    array(select key from idempotency_keys where order_id = orders.id) as keys,
    coalesce((
      select json_agg(json_build_object('productId', product_id, 'quantity', quantity))
      from order_lines
      where order_id = orders.id
    ), '[]') as items,
    ${movementsOf('order', '-')} as taken,
    ${movementsOf('cancel', '')} as returned,
    ${ofProvider('captured')} as captured,
    ${ofProvider('refunded')} as refunded
  from orders
  order by id`

const levelsSql = `
  select product_id as "productId", sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved,
         coalesce((
           select sum(quantity) from stock_reservations where product_id = stock_levels.product_id
         ), 0)::bigint as held,
         coalesce((
           select min(left_over)
           from (
             select sum(delta) over (partition by pool_id order by id) as left_over
             from stock_movements
             where product_id = stock_levels.product_id
           ) as ledger
         ), 0)::bigint as least
  from stock_levels
  group by product_id`

/** Checks of one moment, while everything goes on: the products of which more is sold or held than there is. */
export async function auditStock(db: Knex, loaded: Loaded): Promise<string[]> {
  const rows = await query<{product: number; sold: number; onHand: number; reserved: number; loaded: number}>(
    db,
    `with loaded as (select * from unnest(?::bigint[], ?::bigint[]) as loaded (product_id, stock)),
     sold as (
       select product_id, sum(quantity) as quantity
       from order_lines
       join orders on orders.id = order_id
       where status = 'placed'
       group by product_id
     ),
     adjusted as (
       select product_id, sum(delta) as quantity from stock_movements where reason = 'adjust' group by product_id
     )
     select loaded.product_id as product,
            coalesce(sold.quantity, 0)::bigint as sold,
            level.on_hand::bigint as "onHand",
            level.reserved::bigint as reserved,
            (stock + coalesce(adjusted.quantity, 0))::bigint as loaded
     from loaded
     cross join lateral (
       select sum(on_hand) as on_hand, min(on_hand) as least, sum(reserved) as reserved
       from stock_levels
       where stock_levels.product_id = loaded.product_id
     ) as level
     left join sold on sold.product_id = loaded.product_id
     left join adjusted on adjusted.product_id = loaded.product_id
     where coalesce(sold.quantity, 0) + level.on_hand <> stock + coalesce(adjusted.quantity, 0)
       or level.least < 0
       or level.reserved > level.on_hand
       or level.reserved <> coalesce((
         select sum(quantity) from stock_reservations where stock_reservations.product_id = loaded.product_id
       ), 0)`,
    [[...loaded.keys()], [...loaded.values()].map(({stock}) => stock)],
  )
  return rows.map(
    ({product, sold, onHand, reserved, loaded: stock}) =>
      `Product ${product}: ${sold} sold, ${onHand} on hand of which ${reserved} are reserved, ${stock} loaded and adjusted.`,
  )
}
