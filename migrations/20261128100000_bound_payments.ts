import type {Knex} from 'knex'

/** Bounds what payments ask and keep. The previous version can still serve, and uses nothing of this. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Reads all orders, and blocks neither reads nor writes of them.
    alter table orders validate constraint orders_payment_status_check;

    -- An event that came with the end of a payment left it due for ever.
    update payments set next_try_at = null where state in ('declined', 'cancelled') and next_try_at is not null;

    -- Old events are deleted.
    create index payment_events_received_idx on payment_events (received_at);

    -- Calls to the provider that a user causes are limited by the minute: call_count is how many there were since call_minute.
    create table payment_call_counts (
      user_id bigint not null,
      call_minute timestamptz not null,
      call_count bigint not null,
      constraint payment_call_counts_pkey primary key (user_id),
      constraint payment_call_counts_user_id_fkey foreign key (user_id) references users
    );
  `)
}

/** A constraint stays valid. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table payment_call_counts;
    drop index payment_events_received_idx;
  `)
}
