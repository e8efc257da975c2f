import type {Knex} from 'knex'

/**
 * A large load refills `listings` in place instead of exchanging it for a new table, which lost the table's GRANTs and
 * failed if a view read it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(waitForLoads)
  await knex.raw(refill)
  await knex.raw('drop function exchange_listings, index_listings, count_listings_of')
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(waitForLoads)
  for (const sql of [counts, indexes, exchange]) await knex.raw(sql)
}

/** A load that began before the migration calls the functions that were there when it began. */
const waitForLoads = `select pg_advisory_xact_lock(x'6c6f6164'::int)`

const refill = `
  -- The end of a transaction that set shop.defer_listings to on, by the ids of the products that it added and of others
  -- that it changed. If it adds many products to few listings, the indexes are dropped and built again at once. From
  -- there to the commit the table is locked.
  create or replace function load_listings(product_ids bigint[], changed bigint[]) returns void language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan set maintenance_work_mem = '256MB' as $$
    declare
      moment timestamptz := clock_timestamp();
      dropped record;
      definitions text[] := '{}';
      definition text;
    begin
      insert into listing_refreshes (due_at, product_id) select '-infinity', id from unnest(changed) as changed (id);
      if cardinality(product_ids) < 50000
        or exists (select from listings offset 10000)
        or not (select pg_has_role(relowner, 'usage') from pg_class where oid = 'listings'::regclass)
      then
        perform write_listings(product_ids, moment);
        return;
      end if;

      perform pg_advisory_xact_lock(x'6c697374'::int);
      lock table listings;
      -- Rows are kept for readers with an older snapshot. A truncated table is written without WAL if wal_level is minimal.
      if not exists (select from listings) then
        truncate listings;
      end if;
      -- Not the primary key: views and foreign keys may depend on it, and keeping it takes less than 1 s for a million rows.
      for dropped in
        select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
        from pg_index
        where indrelid = 'listings'::regclass
          and not exists (select from pg_constraint where conindid = indexrelid)
      loop
        definitions := definitions || dropped.definition;
        execute format('drop index %s', dropped.name);
      end loop;

      -- Merged in the order of their keys, the tables take half of the time of hashes and a sort, which the planner
      -- believes to be faster.
      perform set_config('enable_hashjoin', 'off', true);
      insert into listings (currency, product_id, name, folded_name, amount)
      select currency, product_id, name, folded_name, amount from offers_of(product_ids, moment);
      foreach definition in array definitions loop
        execute definition;
      end loop;
      analyze listings;
    end
  $$;
`

// Before this migration.

const counts = `
  create function count_listings_of(name text) returns void language plpgsql set search_path from current as $$
    begin
      execute format(
        'create trigger count_inserts after insert on %I referencing new table as changed
           for each statement execute function count_listings()', name);
      execute format(
        'create trigger count_deletes after delete on %I referencing old table as changed
           for each statement execute function count_listings()', name);
    end
  $$;
`

const indexes = `
  create function index_listings(name text) returns void language plpgsql set search_path from current as $$
    begin
      execute format('alter table %I add constraint %I primary key (currency, product_id)', name, name || '_pkey');
      execute format('create index %I on %I (currency, name, product_id)', name || '_name_idx', name);
      execute format('create index %I on %I (currency, amount, product_id)', name || '_amount_idx', name);
      execute format(
        'create index %I on %I using gin (folded_name gin_trgm_ops) with (fastupdate = off)',
        name || '_folded_name_idx', name);
    end
  $$;
`

const exchange = `
  create function exchange_listings() returns void language plpgsql set search_path from current as $$
    declare
      part text;
    begin
      drop table listings;
      alter table listings_next rename to listings;
      foreach part in array array['pkey', 'name_idx', 'amount_idx', 'folded_name_idx'] loop
        execute format('alter index %I rename to %I', 'listings_next_' || part, 'listings_' || part);
      end loop;
    end
  $$;

  create or replace function load_listings(product_ids bigint[], changed bigint[]) returns void language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan set maintenance_work_mem = '256MB' as $$
    declare
      moment timestamptz := clock_timestamp();
    begin
      insert into listing_refreshes (due_at, product_id) select '-infinity', id from unnest(changed) as changed (id);
      if cardinality(product_ids) < 50000 or exists (select from listings offset 10000) then
        perform write_listings(product_ids, moment);
        return;
      end if;

      create table listings_next (like listings);
      perform set_config('enable_hashjoin', 'off', true);
      insert into listings_next (currency, product_id, name, folded_name, amount)
      select currency, product_id, name, folded_name, amount from offers_of(product_ids, moment);
      insert into listing_counts (currency, delta) select currency, count(*) from listings_next group by currency;
      perform count_listings_of('listings_next');
      perform index_listings('listings_next');
      analyze listings_next;

      perform pg_advisory_xact_lock(x'6c697374'::int);
      with moved as (delete from listings where product_id <> all (product_ids) returning *)
      insert into listings_next select * from moved;
      delete from listings;
      perform exchange_listings();
    end
  $$;
`
