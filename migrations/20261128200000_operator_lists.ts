import type {Knex} from 'knex'

/**
 * Indexes for the lists of orders and movements. While they are built, orders wait: for less than five seconds with a million
 * orders, and they have patience for ten. A shop that cannot wait creates them beforehand, with CREATE INDEX CONCURRENTLY,
 * as docs/deployment.md says; then nothing is left to do here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index if not exists orders_created_idx on orders (created_at, id);
    create index if not exists orders_cancelled_idx on orders (created_at, id) where status = 'cancelled';
    create index if not exists stock_movements_created_idx on stock_movements using brin (created_at);
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index stock_movements_created_idx, orders_cancelled_idx, orders_created_idx;
  `)
}
