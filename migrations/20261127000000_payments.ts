import type {Knex} from 'knex'

/**
 * Payments of orders. The previous version can still serve: it writes orders without payments, and refuses to change a basket
 * that is being paid. If it cancels a paid order, the money stays: `shop audit` and `shop reconcile-payments` report it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table orders
      add column payment_status text not null default 'none',
      add constraint orders_payment_status_check check (payment_status in (
        'none', 'pending', 'authorized', 'paid', 'partially_refunded', 'refunded', 'failed'
      )) not valid;

    -- A basket that is being paid has its order already, and loses it if the payment fails.
    alter table baskets drop constraint baskets_order_check;
    alter table baskets add constraint baskets_order_check check ((status = 'open') = (order_id is null));

    create table payment_customers (
      user_id bigint not null,
      provider text not null,
      customer_id text not null,
      created_at timestamptz not null default statement_timestamp(),
      constraint payment_customers_pkey primary key (user_id, provider),
      constraint payment_customers_customer_key unique (provider, customer_id),
      constraint payment_customers_user_id_fkey foreign key (user_id) references users
    );

    -- What a card shows, and the provider's name for it. A removed method stays, for the payments that used it.
    create table payment_methods (
      id bigint generated always as identity,
      user_id bigint not null,
      provider text not null,
      provider_id text not null,
      brand text not null,
      last4 text,
      expiry_month int,
      expiry_year int,
      is_default boolean not null default false,
      created_at timestamptz not null default statement_timestamp(),
      removed_at timestamptz,
      constraint payment_methods_pkey primary key (id),
      constraint payment_methods_provider_key unique (provider, provider_id),
      constraint payment_methods_user_id_fkey foreign key (user_id) references users,
      constraint payment_methods_last4_check check (last4 ~ '^[0-9]{4}$'),
      constraint payment_methods_default_check check (not is_default or removed_at is null)
    );
    create unique index payment_methods_default_key on payment_methods (user_id) where is_default;
    create index payment_methods_user_idx on payment_methods (user_id, id) where removed_at is null;

    -- lease_until: a process works on the payment until then. next_try_at: when the worker looks at it again; null if never.
    -- The provider knows a payment by its reference. Ids would be given again after a backup was restored.
    create table payments (
      id bigint generated always as identity,
      reference uuid not null default gen_random_uuid(),
      order_id bigint not null,
      basket_id bigint,
      provider text not null,
      customer_id text not null,
      method_id bigint not null,
      currency text not null,
      amount bigint not null,
      capture text not null,
      return_url text,
      state text not null default 'created',
      captured bigint not null default 0,
      refunded bigint not null default 0,
      provider_id text,
      decline_code text,
      next_action jsonb,
      cancel_requested boolean not null default false,
      due_at timestamptz,
      submitted_at timestamptz,
      next_try_at timestamptz,
      tries int not null default 0,
      lease_until timestamptz,
      created_at timestamptz not null default statement_timestamp(),
      updated_at timestamptz not null default statement_timestamp(),
      constraint payments_pkey primary key (id),
      constraint payments_reference_key unique (reference),
      constraint payments_order_id_key unique (order_id),
      constraint payments_provider_id_key unique (provider, provider_id),
      constraint payments_order_id_fkey foreign key (order_id) references orders,
      constraint payments_basket_id_fkey foreign key (basket_id) references baskets,
      constraint payments_method_id_fkey foreign key (method_id) references payment_methods,
      constraint payments_amount_check check (amount > 0),
      constraint payments_captured_check check (captured between 0 and amount),
      constraint payments_refunded_check check (refunded between 0 and captured),
      constraint payments_capture_check check (capture in ('automatic', 'manual')),
      constraint payments_state_check check (state in (
        'created', 'submitted', 'requires_action', 'processing', 'unknown', 'authorized', 'captured',
        'partially_refunded', 'refunded', 'declined', 'cancelled', 'mismatch'
      ))
    );
    create index payments_next_try_idx on payments (next_try_at) where next_try_at is not null;
    create index payments_state_idx on payments (state, id);

    -- What was asked of the provider, and what it answered. Append-only.
    create table payment_attempts (
      id bigint generated always as identity,
      payment_id bigint not null,
      operation text not null,
      key text,
      event text not null,
      outcome text,
      at timestamptz not null default statement_timestamp(),
      constraint payment_attempts_pkey primary key (id),
      constraint payment_attempts_payment_id_fkey foreign key (payment_id) references payments,
      constraint payment_attempts_event_check check (event in ('sent', 'answered'))
    );
    create index payment_attempts_payment_idx on payment_attempts (payment_id, id);
    create trigger payment_attempts_append_only before update or delete on payment_attempts
      for each statement execute function refuse_change();

    create table refunds (
      id bigint generated always as identity,
      reference uuid not null default gen_random_uuid(),
      payment_id bigint not null,
      amount bigint not null,
      state text not null default 'requested',
      provider_id text,
      failure text,
      next_try_at timestamptz,
      tries int not null default 0,
      lease_until timestamptz,
      created_at timestamptz not null default statement_timestamp(),
      updated_at timestamptz not null default statement_timestamp(),
      constraint refunds_pkey primary key (id),
      constraint refunds_payment_id_fkey foreign key (payment_id) references payments,
      constraint refunds_amount_check check (amount > 0),
      constraint refunds_state_check check (state in ('requested', 'submitted', 'pending', 'succeeded', 'failed'))
    );
    create index refunds_payment_idx on refunds (payment_id);
    create index refunds_next_try_idx on refunds (next_try_at) where next_try_at is not null;

    create table payment_events (
      provider text not null,
      event_id text not null,
      type text not null,
      provider_payment_id text,
      received_at timestamptz not null default statement_timestamp(),
      constraint payment_events_pkey primary key (provider, event_id)
    );
  `)
}

/** What was paid is forgotten here, but not at the provider. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table payment_events, refunds, payment_attempts, payments, payment_methods, payment_customers;
    update baskets set status = 'ordered' where status = 'paying';
    alter table baskets drop constraint baskets_order_check;
    alter table baskets add constraint baskets_order_check check ((status = 'ordered') = (order_id is not null));
    alter table orders drop column payment_status;
  `)
}
