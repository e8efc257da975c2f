import type {Knex} from 'knex'

/**
 * Spares each hold and each checkout a check whose answer is known (docs/decisions/2026-11-27-parents-of-baskets.md). The
 * previous version can still serve.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table baskets drop constraint baskets_user_id_fkey, drop constraint baskets_order_id_fkey;

    -- Most baskets are written without an order first. The index is built while nobody else writes baskets.
    alter table baskets drop constraint baskets_order_id_key;
    create unique index baskets_order_id_key on baskets (order_id) where order_id is not null;
  `)
}

/** Reads all baskets. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index baskets_order_id_key;
    alter table baskets
      add constraint baskets_order_id_key unique (order_id),
      add constraint baskets_user_id_fkey foreign key (user_id) references users,
      add constraint baskets_order_id_fkey foreign key (order_id) references orders;
  `)
}
