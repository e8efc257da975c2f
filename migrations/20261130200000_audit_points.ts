import type {Knex} from 'knex'

/**
 * Clean audits, from which `shop audit --since` goes on. The previous version can still serve: it uses none of this.
 *
 * While the index is built, orders with idempotency keys wait: that takes about a third of a second for a million keys. A shop that
 * cannot wait creates it beforehand, with CREATE INDEX CONCURRENTLY, as docs/deployment.md says.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- All rows with ids up to these are in the snapshot of the audit, or will never exist. marked_at is a time before that.
    create table audit_points (
      id bigint generated always as identity,
      audited_at timestamptz not null,
      marked_at timestamptz not null,
      is_full boolean not null,
      last_order_id bigint not null,
      last_movement_id bigint not null,
      last_payment_id bigint not null,
      last_attempt_id bigint not null,
      last_refund_id bigint not null,
      constraint audit_points_pkey primary key (id)
    );

    -- The stock levels in that snapshot. Movements of a level get their ids under its lock, so movement_id is exact.
    create table audit_levels (
      point_id bigint not null,
      product_id bigint not null,
      pool_id bigint not null,
      movement_id bigint not null,
      on_hand bigint not null,
      constraint audit_levels_pkey primary key (point_id, product_id, pool_id),
      constraint audit_levels_point_id_fkey foreign key (point_id) references audit_points on delete cascade
    );

    create index if not exists idempotency_keys_created_idx on idempotency_keys using brin (created_at);
  `)
}

/** The next audit has to be a full one. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index idempotency_keys_created_idx;
    drop table audit_levels, audit_points;
  `)
}
