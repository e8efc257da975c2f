import type {Knex} from 'knex'

/**
 * Baskets, and the stock that they hold. The previous version can still serve: it already respects `reserved`, and uses none
 * of the new tables. It ignores `max_per_order`. It fails an order whose key names an addition to a basket, but clients use
 * a new key for each request.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table products add column max_per_order bigint,
      add constraint products_max_per_order_check check (max_per_order > 0);

    -- Holds of one user are limited by the minute: hold_count is how many were asked for since hold_minute.
    create table baskets (
      id bigint generated always as identity,
      user_id bigint not null,
      currency text not null,
      status text not null default 'open',
      version bigint not null default 0,
      hold_minute timestamptz not null default '-infinity',
      hold_count bigint not null default 0,
      order_id bigint,
      created_at timestamptz not null default statement_timestamp(),
      updated_at timestamptz not null default statement_timestamp(),
      constraint baskets_pkey primary key (id),
      constraint baskets_user_id_fkey foreign key (user_id) references users,
      constraint baskets_order_id_key unique (order_id),
      constraint baskets_order_id_fkey foreign key (order_id) references orders,
      constraint baskets_currency_check check (currency ~ '^[A-Z]{3}$'),
      constraint baskets_status_check check (status in ('open', 'paying', 'ordered')),
      constraint baskets_order_check check ((status = 'ordered') = (order_id is not null))
    ) with (fillfactor = 80);
    create unique index baskets_current_key on baskets (user_id) where status <> 'ordered';

    -- seen_price is what the product cost, in the basket's currency, when the line was last changed.
    create table basket_lines (
      basket_id bigint not null,
      product_id bigint not null,
      quantity bigint not null,
      seen_price bigint not null,
      added_at timestamptz not null default statement_timestamp(),
      constraint basket_lines_pkey primary key (basket_id, product_id),
      constraint basket_lines_basket_id_fkey foreign key (basket_id) references baskets,
      constraint basket_lines_product_id_fkey foreign key (product_id) references products,
      constraint basket_lines_quantity_check check (quantity >= 1),
      constraint basket_lines_seen_price_check check (seen_price >= 0)
    );

    -- A row is written only while its stock level is locked, so that "reserved" of a level is always their sum.
    create table stock_reservations (
      basket_id bigint not null,
      product_id bigint not null,
      pool_id bigint not null,
      quantity bigint not null,
      held_since timestamptz not null,
      expires_at timestamptz not null,
      constraint stock_reservations_pkey primary key (basket_id, product_id, pool_id),
      constraint stock_reservations_line_fkey foreign key (basket_id, product_id) references basket_lines,
      constraint stock_reservations_level_fkey foreign key (product_id, pool_id)
        references stock_levels (product_id, pool_id),
      constraint stock_reservations_quantity_check check (quantity > 0)
    ) with (
      -- Rows live for minutes, so that dead ones soon outnumber the others.
      autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
    );
    create index stock_reservations_level_idx on stock_reservations (product_id, pool_id, expires_at);
    create index stock_reservations_expiry_idx on stock_reservations (expires_at);

    -- A key can also name an addition to a basket.
    alter table idempotency_keys
      alter column order_id drop not null,
      add column basket_id bigint,
      add constraint idempotency_keys_basket_id_fkey foreign key (basket_id) references baskets,
      add constraint idempotency_keys_target_check check (num_nonnulls(order_id, basket_id) = 1);
  `)
}

/** Holds end, and baskets are lost. Their stock is free again. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    lock table stock_levels, stock_reservations;
    update stock_levels
    set reserved = 0
    where (product_id, pool_id) in (select product_id, pool_id from stock_reservations);
    delete from idempotency_keys where order_id is null;
    alter table idempotency_keys
      drop constraint idempotency_keys_target_check,
      drop column basket_id,
      alter column order_id set not null;
    drop table stock_reservations, basket_lines, baskets;
    alter table products drop column max_per_order;
  `)
}
