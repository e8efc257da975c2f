import type {Knex} from 'knex'

/** Lets reads of a user tell whether a replica has what the user wrote. The previous version can still serve: it adds no rows. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- A row for each transaction of a user, if replicas are read. Rows are only inserted and deleted, so that a user's orders
    -- do not wait for each other. There is no foreign key, whose check would lock the user.
    create table recent_writes (
      id bigint generated always as identity,
      user_id bigint not null,
      written_at timestamptz not null default statement_timestamp(),
      constraint recent_writes_pkey primary key (user_id, id)
    );
    create index recent_writes_written_at_idx on recent_writes (written_at);
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table recent_writes')
}
