import type {AuditPoint} from './points.ts'

/**
 * What of the history an invariant is about. An invariant without a scope reads only what the shop has now, such as stock
 * levels, holds and listings, and is always checked whole.
 */
export type Scope = 'key' | 'ledger' | 'order' | 'payment'

/**
 * Common table expressions that put what is new since a point in the place of the tables: a CTE hides the table of its name,
 * so the queries of the invariants stay as they are. The ids are written into the text, since the planner could not
 * estimate how few rows are past an id that a subquery gives.
 */
export function scopeSince(scope: Scope, point: AuditPoint): string {
  const {id, lastOrderId, lastMovementId, lastPaymentId, lastAttemptId, lastRefundId, markedAt} = point
  const news = `
    news as (
      select movement.*
      from stock_movements as movement
      left join audit_levels as level
        on level.point_id = ${id} and level.product_id = movement.product_id and level.pool_id = movement.pool_id
      where movement.id > ${lastMovementId} and movement.id > coalesce(level.movement_id, 0)
    )`
  const touched = `${news},
    touched as (
      select id from orders where id > ${lastOrderId}
      union
      select order_id from news where order_id is not null
    )`
  const scopes: Record<Scope, string> = {
    // The stock at the point comes first, as one movement. Of a product that was deleted meanwhile, the last movement is gone,
    // whatever has its id now. That is looked up one by one where something changed: a semijoin would read all movements.
    ledger: `${news},
      moved as (select distinct product_id, pool_id, true as has_moved from news),
      stock_movements as (
        select movement_id as id, product_id, pool_id, level.on_hand as delta, 'load' as reason, null::bigint as order_id,
               null::timestamptz as created_at
        from audit_levels as level
        left join moved using (product_id, pool_id)
        left join stock_levels as current using (product_id, pool_id)
        where point_id = ${id}
          and (
            (has_moved is null and current.on_hand = level.on_hand)
            or (select true from stock_movements as last where last.id = movement_id)
          )
        union all
        select id, product_id, pool_id, delta, reason, order_id, created_at from news
      )`,
    order: `${touched},
      orders as (select orders.* from touched join orders using (id)),
      order_lines as (select order_lines.* from touched join order_lines on order_id = touched.id),
      stock_movements as (select stock_movements.* from touched join stock_movements on order_id = touched.id),
      baskets as (select baskets.* from touched join baskets on order_id = touched.id)`,
    // An hour more than is new: the time of a key is that at which its transaction began.
    key: `
      idempotency_keys as (
        select * from idempotency_keys where created_at > timestamptz '${markedAt}' - interval '1 hour'
      )`,
    // Each change of a payment follows a call to the provider, which is an attempt, or makes it due.
    payment: `${touched},
      paid as (
        select order_id from payments where id > ${lastPaymentId} or next_try_at is not null
        union
        select order_id from payments where id in (select payment_id from payment_attempts where id > ${lastAttemptId})
        union
        select order_id from payments where id in (select payment_id from refunds where id > ${lastRefundId})
        union
        select order_id from baskets where status <> 'ordered' and order_id is not null
        union
        select id from touched
      ),
      payments as (select payments.* from paid join payments using (order_id)),
      refunds as (select refunds.* from payments join refunds on payment_id = payments.id),
      orders as (select orders.* from paid join orders on orders.id = order_id),
      baskets as (
        select * from baskets where status <> 'ordered'
        union
        select baskets.* from payments join baskets on baskets.id = basket_id
      )`,
  }
  return `with ${scopes[scope]}`
}

/** The same with the orders whose ids are at least `from` and below `to`, for the invariants of the scope `order`. */
export function scopeOfOrders({from, to}: {from: number; to: number}): string {
  const within = (column: string): string => `${column} >= ${from} and ${column} < ${to}`
  return `with
    orders as (select * from orders where ${within('id')}),
    order_lines as (select * from order_lines where ${within('order_id')}),
    stock_movements as (select * from stock_movements where ${within('order_id')}),
    baskets as (select * from baskets where ${within('order_id')})`
}
