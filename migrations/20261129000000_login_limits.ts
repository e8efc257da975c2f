import type {Knex} from 'knex'

/** Limits logins. The previous version can still serve: it neither counts tries nor remembers addresses. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Addresses that users logged in from last. Failed tries from them are counted apart.
    create table login_addresses (
      user_id bigint not null,
      address text not null,
      last_login_at timestamptz not null,
      constraint login_addresses_pkey primary key (user_id, address),
      constraint login_addresses_user_id_fkey foreign key (user_id) references users on delete cascade,
      constraint login_addresses_address_check check (length(address) between 1 and 50)
    );

    -- Failed logins, counted by rate-limiter-flexible, which names the columns and depends on their order. A row counts
    -- until expire, in milliseconds since 1970. The keys have hashes of names, since some people type their password there.
    create table login_tries (
      key text not null,
      points int not null default 0,
      expire bigint,
      constraint login_tries_pkey primary key (key),
      constraint login_tries_key_check check (length(key) between 1 and 255)
    );
    create index login_tries_expire_idx on login_tries (expire);

    alter table user_changes
      drop constraint user_changes_change_check,
      add constraint user_changes_change_check check (
        change in (
          'created', 'password set', 'deactivated', 'activated', 'token created', 'tokens revoked', 'logins unlocked'
        )
      ) not valid;
    alter table user_changes validate constraint user_changes_change_check;
  `)
}

/** What operators did stays in the append-only table, so the former constraint does not hold for it. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table user_changes
      drop constraint user_changes_change_check,
      add constraint user_changes_change_check check (
        change in ('created', 'password set', 'deactivated', 'activated', 'token created', 'tokens revoked')
      ) not valid;
    drop table login_tries, login_addresses;
  `)
}
