import type {Knex} from 'knex'

import {advisoryLock} from '../../db/locks.ts'
import {onlyRow, query} from '../../db/query.ts'

/** Returns a function that creates the provider's tables unless they exist. It asks the database once. */
export function createSchemaOnce(db: Knex): () => Promise<void> {
  let created: Promise<void> | undefined
  return async () => {
    created ??= createTestProvider(db).catch((error: unknown) => {
      created = undefined
      throw error
    })
    return created
  }
}

/** Creates the provider's tables unless they exist, in which case that needs no right to create anything. */
export async function createTestProvider(db: Knex): Promise<void> {
  if (onlyRow(await query<{exists: boolean}>(db, isComplete)).exists) return
  await db.transaction(async (trx) => {
    // CREATE ... IF NOT EXISTS fails if another process creates the same at that moment.
    await query(trx, 'select pg_advisory_xact_lock(?)', [advisoryLock.testProvider])
    await trx.raw(tables)
  })
}

const isComplete = `
  select to_regclass('test_provider.events') is not null and exists (
    select from pg_attribute where attrelid = to_regclass('test_provider.refunds') and attname = 'key'
  ) as exists`

const tables = `
  set local client_min_messages = warning;

  create schema if not exists test_provider;

  create table if not exists test_provider.customers (
    id text primary key,
    user_id bigint not null
  );

  create table if not exists test_provider.methods (
    id text primary key,
    customer_id text not null references test_provider.customers,
    outcome text not null,
    last4 text not null,
    detached_at timestamptz
  );

  create table if not exists test_provider.setups (
    id text primary key,
    customer_id text not null references test_provider.customers,
    method_id text references test_provider.methods
  );

  create table if not exists test_provider.payments (
    id text primary key,
    reference text,
    customer_id text not null,
    method_id text not null,
    amount bigint not null,
    currency text not null,
    is_manual boolean not null,
    captured bigint not null,
    refunded bigint not null,
    state text not null,
    decline_code text,
    return_url text,
    settles_to text,
    settles_at timestamptz,
    created_at timestamptz not null,
    constraint payments_captured_check check (captured between 0 and amount),
    constraint payments_refunded_check check (refunded between 0 and captured),
    constraint payments_settles_check check ((settles_to is null) = (settles_at is null))
  );
  create index if not exists payments_reference_index on test_provider.payments (reference);
  create index if not exists payments_created_at_index on test_provider.payments (created_at, id);
  create index if not exists payments_settles_at_index on test_provider.payments (settles_at)
    where settles_at is not null;

  create table if not exists test_provider.refunds (
    id text primary key,
    payment_id text not null references test_provider.payments,
    amount bigint not null check (amount > 0),
    state text not null
  );
  alter table test_provider.refunds add column if not exists key text;

  create table if not exists test_provider.calls (
    key text primary key,
    request text not null,
    answer jsonb,
    answers_at timestamptz not null default clock_timestamp()
  );

  create table if not exists test_provider.lost_calls (
    key text primary key
  );

  create table if not exists test_provider.events (
    id bigint primary key generated always as identity,
    type text not null,
    payment_id text,
    tries integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    next_try_at timestamptz default clock_timestamp()
  );
  create index if not exists events_next_try_at_index on test_provider.events (next_try_at)
    where next_try_at is not null;
`
