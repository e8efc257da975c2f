import type {Invariant} from '../../invariant.ts'

/** SQL for what `statusOf` computes, so that the audit does not rely on it. */
const statusOfState = `
  case
    when payments.state is null then 'none'
    when payments.state = 'captured' then 'paid'
    when payments.state in ('declined', 'cancelled') then 'failed'
    when payments.state in ('authorized', 'partially_refunded', 'refunded') then payments.state
    else 'pending'
  end`

/** What `shop audit` checks of payments. What the provider has, `shop reconcile-payments` compares. */
export const paymentInvariants: readonly Invariant[] = [
  {
    name: 'one_payment_per_order',
    scope: 'payment',
    says: 'an order has at most one payment',
    sql: `select order_id, count(*) as payments from payments group by order_id having count(*) > 1`,
  },
  {
    name: 'payment_equals_order',
    scope: 'payment',
    says: 'a payment has the amount and currency of its order, and a method and customer of the user who placed it',
    sql: `select payments.id as payment_id, order_id, amount, total, payments.currency, orders.currency as order_currency,
                 orders.user_id, payment_methods.user_id as method_user_id
          from payments
          join orders on orders.id = order_id
          join payment_methods on payment_methods.id = method_id
          where (amount, payments.currency) is distinct from (total, orders.currency)
            or payment_methods.user_id <> orders.user_id
            or payment_methods.provider <> payments.provider
            or not exists (
              select from payment_customers as customer
              where customer.user_id = orders.user_id
                and customer.provider = payments.provider
                and customer.customer_id = payments.customer_id
            )`,
  },
  {
    name: 'payment_status_of_order',
    scope: 'payment',
    says: 'the payment status of an order follows from the state of its payment',
    sql: `select orders.id as order_id, payment_status, state
          from orders
          left join payments on order_id = orders.id
          where payment_status <> ${statusOfState}`,
  },
  {
    name: 'captured_by_state',
    scope: 'payment',
    says: 'a payment has captured its whole amount or nothing, refunded no more than that, and its state says which',
    sql: `select id as payment_id, order_id, state, amount, captured, refunded
          from payments
          where captured not between 0 and amount
            or refunded not between 0 and captured
            or captured <> case when state in ('captured', 'partially_refunded', 'refunded') then amount else 0 end
            or case state
                 when 'refunded' then refunded <> captured
                 when 'partially_refunded' then refunded in (0, captured)
                 else refunded <> 0
               end`,
  },
  {
    // More is refunded here than by refunds of ours if somebody refunded a payment at the provider.
    name: 'refunds_within_captured',
    scope: 'payment',
    says: 'a payment has refunded at least its refunds that succeeded, and those that did not fail do not exceed what it captured',
    sql: `select payments.id as payment_id, order_id, captured, refunded, made.succeeded, made.intended
          from payments
          join (
            select payment_id,
                   coalesce(sum(amount) filter (where state = 'succeeded'), 0)::bigint as succeeded,
                   coalesce(sum(amount) filter (where state <> 'failed'), 0)::bigint as intended
            from refunds
            group by payment_id
          ) as made on made.payment_id = payments.id
          where refunded < made.succeeded or made.intended > captured`,
  },
  {
    // A refund that the provider refused counts: an operator tries again. `shop reconcile-payments` reports it.
    name: 'cancelled_order_refunded',
    scope: 'payment',
    says: 'all that was captured for a cancelled order has been refunded, or its refund was asked for',
    sql: `select payments.id as payment_id, order_id, captured, refunded, coalesce(asked.sum, 0) as asked
          from payments
          join orders on orders.id = order_id
          left join (
            select payment_id, sum(amount)::bigint as sum from refunds group by payment_id
          ) as asked on asked.payment_id = payments.id
          where status = 'cancelled' and captured > greatest(refunded, asked.sum)`,
  },
  {
    name: 'failed_payment_cancels_order',
    scope: 'payment',
    says: 'the order of a payment that was declined or cancelled is cancelled',
    sql: `select payments.id as payment_id, order_id, state, status
          from payments
          join orders on orders.id = order_id
          where state in ('declined', 'cancelled') and status <> 'cancelled'`,
  },
  {
    // Nothing works on it, so it would be overdue for ever.
    name: 'failed_payment_is_not_due',
    scope: 'payment',
    says: 'nothing is to be done for a payment that was declined or cancelled',
    sql: `select id as payment_id, order_id, state, next_try_at
          from payments
          where state in ('declined', 'cancelled') and next_try_at is not null`,
  },
  {
    name: 'paying_basket_is_pending',
    scope: 'payment',
    says: 'a basket is being paid exactly as long as the payment of its order is pending',
    sql: `select baskets.id as basket_id, status, baskets.order_id, payments.id as payment_id, payments.state
          from payments
          join baskets on baskets.id = basket_id
          where ${statusOfState} = 'pending' and (status <> 'paying' or baskets.order_id is distinct from payments.order_id)
          union all
          select baskets.id, status, baskets.order_id, payments.id, payments.state
          from baskets
          left join payments on payments.order_id = baskets.order_id and basket_id = baskets.id
          where status = 'paying' and ${statusOfState} <> 'pending'`,
  },
  {
    name: 'calls_are_recorded',
    scope: 'payment',
    says: 'a payment was sent to the provider exactly if that was recorded before, and only then it has an id there',
    sql: `select id as payment_id, order_id, state, submitted_at, provider_id
          from payments
          where (submitted_at is not null) <> exists (
              select from payment_attempts where payment_id = payments.id and operation = 'pay' and event = 'sent'
            )
            or (submitted_at is null and (state not in ('created', 'cancelled') or provider_id is not null))
            or (
              provider_id is null
              and state not in ('created', 'submitted', 'unknown', 'declined', 'cancelled')
            )`,
  },
]
