import type {Knex} from 'knex'

/**
 * Who changed something with a command, and why. Both are null for what the shop did itself, such as an order.
 *
 * The new check of the movements is not valid for the rows before it, which would all have to be read under a lock that
 * keeps orders out. They satisfy it, because they satisfied the narrower one.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table stock_movements
      add column operator text,
      add column note text,
      drop constraint stock_movements_reason_check,
      add constraint stock_movements_reason_check
        check (reason in ('load', 'order', 'cancel', 'adjust', 'move')) not valid;

    alter table product_prices
      add column operator text,
      add column note text;

    create table order_cancellations (
      order_id bigint not null,
      operator text not null,
      note text,
      created_at timestamptz not null default statement_timestamp(),
      constraint order_cancellations_pkey primary key (order_id),
      constraint order_cancellations_order_id_fkey foreign key (order_id) references orders
    );

    -- What operators did to users. Append-only.
    create table user_changes (
      id bigint generated always as identity,
      user_id bigint not null,
      change text not null,
      operator text not null,
      note text,
      created_at timestamptz not null default statement_timestamp(),
      constraint user_changes_pkey primary key (id),
      constraint user_changes_user_id_fkey foreign key (user_id) references users,
      constraint user_changes_change_check check (
        change in ('created', 'password set', 'deactivated', 'activated', 'token created', 'tokens revoked')
      )
    );
    create index user_changes_user_idx on user_changes (user_id, id);
    create trigger user_changes_append_only before update or delete on user_changes
      for each statement execute function refuse_change();
  `)
}

/** Stock that was moved between pools stays where it is; its movements become adjustments. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table user_changes, order_cancellations;
    alter table product_prices drop column operator, drop column note;
    alter table stock_movements
      drop column operator,
      drop column note,
      drop constraint stock_movements_reason_check,
      disable trigger stock_movements_append_only;
    update stock_movements set reason = 'adjust' where reason = 'move';
    alter table stock_movements
      enable trigger stock_movements_append_only,
      add constraint stock_movements_reason_check check (reason in ('load', 'order', 'cancel', 'adjust')) not valid;
  `)
}
