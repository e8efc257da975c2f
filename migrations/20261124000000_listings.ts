import type {Knex} from 'knex'

/**
 * What can be bought now, ready to be listed: see docs/decisions/2026-11-24-listings.md. The extensions are trusted ones,
 * which the owner of a database may create. They stay on the way down, since others may use them by then.
 */
export async function up(knex: Knex): Promise<void> {
  for (const sql of [tables, offers, counts, existing, indexes, refresh, bulkLoad, triggers]) await knex.raw(sql)
}

const tables = `
  create extension if not exists pg_trgm;
  create extension if not exists unaccent;

  -- A product in a currency, as long as it is enabled, in stock and priced. folded_name begins with a space, so that
  -- '% ab%' finds the beginning of any word.
  create table listings (
    currency text not null,
    product_id bigint not null,
    name text not null,
    folded_name text not null,
    amount bigint not null
  );

  -- Products whose listing may be wrong from due_at on: '-infinity' is at once, a price of the future has its own time.
  create table listing_refreshes (
    due_at timestamptz not null,
    product_id bigint not null
  );
  create index listing_refreshes_due_idx on listing_refreshes (due_at, product_id);

  -- The sum of a currency's deltas is the number of its listings: rows are added, so that writers do not wait.
  create table listing_counts (
    currency text not null,
    delta bigint not null
  );

  -- The list used it; a listing has its own.
  drop index products_name_idx;
`

const offers = `
  -- Not strict, so that it is inlined: called, it would be planned anew for each name where plans are custom ones.
  create function fold_name(name text) returns text stable parallel safe language sql
    return case
      when octet_length(name) = length(name) then lower(name collate "C")
      else lower(unaccent('unaccent', normalize(name)))
    end;

  -- What can be bought of some products at a time, in the currencies that they have a price in.
  create function offers_of(product_ids bigint[], moment timestamptz)
    returns table (currency text, product_id bigint, name text, folded_name text, amount bigint)
    stable language sql
  begin atomic
    select distinct on (product_prices.product_id, product_prices.currency)
      product_prices.currency, products.id, products.name, ' ' || fold_name(products.name), product_prices.amount
    from unnest(product_ids) as wanted (id)
    join products on products.id = wanted.id and products.enabled
    join product_prices on product_prices.product_id = products.id and effective_from <= moment
    where exists (select from stock_levels where stock_levels.product_id = products.id and on_hand > reserved)
    order by product_prices.product_id, product_prices.currency, effective_from desc, product_prices.id desc;
  end;
`

const counts = `
  create function count_listings() returns trigger language plpgsql set search_path from current as $$
    begin
      insert into listing_counts (currency, delta)
      select currency, case tg_op when 'DELETE' then -count(*) else count(*) end from changed group by currency;
      return null;
    end
  $$;

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
  select count_listings_of('listings');
`

const existing = `
  insert into listing_refreshes (due_at, product_id)
  select effective_from, product_id from product_prices where effective_from > statement_timestamp();
  insert into listings (currency, product_id, name, folded_name, amount)
  select currency, product_id, name, folded_name, amount
  from offers_of((select array_agg(id) from products), statement_timestamp());
`

const indexes = `
  -- Without GIN's pending list, which a search reads from end to end.
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
  select index_listings('listings');
`

const refresh = `
  create function write_listings(product_ids bigint[], moment timestamptz) returns void language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan as $$
    begin
      insert into listings (currency, product_id, name, folded_name, amount)
      select currency, product_id, name, folded_name, amount from offers_of(product_ids, moment)
      on conflict (currency, product_id) do update
        set name = excluded.name, folded_name = excluded.folded_name, amount = excluded.amount
        where (listings.name, listings.amount) is distinct from (excluded.name, excluded.amount);
    end
  $$;

  -- Applies what is due. One at a time: two that delete the same notes in different order would deadlock. The time is
  -- that after the lock, and each statement must see what was committed before it: READ COMMITTED only.
  create function refresh_listings() returns void language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan as $$
    declare
      moment timestamptz;
      product_ids bigint[];
    begin
      perform pg_advisory_xact_lock(x'6c697374'::int);
      moment := clock_timestamp();
      with due as (delete from listing_refreshes where due_at <= moment returning product_id)
      select array_agg(distinct product_id order by product_id) into product_ids from due;

      if product_ids is not null then
        delete from listings
        using (select distinct currency from listing_counts) as known
        where listings.currency = known.currency
          and listings.product_id = any (product_ids)
          and not exists (
            select from offers_of(product_ids, moment) as offer
            where offer.currency = listings.currency and offer.product_id = listings.product_id
          );
        perform write_listings(product_ids, moment);
      end if;

      if (select count(*) from listing_counts) > 100 then
        with deltas as (delete from listing_counts returning currency, delta)
        insert into listing_counts (currency, delta)
        select currency, sum(delta) from deltas group by currency;
      end if;
    end
  $$;
`

const bulkLoad = `
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

  -- The end of a transaction that set shop.defer_listings to on, by the ids of the products that it added and of others
  -- that it changed. Many new ones in a shop of few get a new table, whose indexes are built at once; readers wait only
  -- from its exchange to the commit.
  create function load_listings(product_ids bigint[], changed bigint[]) returns void language plpgsql
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
      -- Merged in the order of their keys, the tables take half of the time of hashes and a sort, which the planner takes
      -- for quicker.
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

const triggers = `
  -- A product that this transaction made, which no other one sees or refreshes, is listed at once; the rest are noted.
  -- Of one that load_listings ends, neither.
  create function list_products(product_ids bigint[], moment timestamptz) returns void language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan as $$
    declare
      own bigint[];
    begin
      select array_agg(id order by id) into own
      from unnest(product_ids) as wanted (id)
      join products using (id)
      where products.xmin = pg_current_xact_id()::xid;

      if own is not null then perform write_listings(own, moment); end if;
      insert into listing_refreshes (due_at, product_id)
      select '-infinity', id from (select unnest(product_ids) except select unnest(own)) as others (id);
    end
  $$;

  create function list_stocked() returns trigger language plpgsql set search_path from current as $$
    declare
      product_ids bigint[];
    begin
      select array_agg(distinct product_id) into product_ids from added where on_hand > reserved;
      if product_ids is not null then perform list_products(product_ids, clock_timestamp()); end if;
      return null;
    end
  $$;
  create trigger list_stocked after insert on stock_levels referencing new table as added
    for each statement when (current_setting('shop.defer_listings', true) is distinct from 'on')
    execute function list_stocked();

  create function list_priced() returns trigger language plpgsql set search_path from current as $$
    declare
      moment timestamptz := clock_timestamp();
      product_ids bigint[];
    begin
      insert into listing_refreshes (due_at, product_id)
      select effective_from, product_id from added where effective_from > moment;
      if current_setting('shop.defer_listings', true) = 'on' then return null; end if;
      select array_agg(distinct product_id) into product_ids from added where effective_from <= moment;
      if product_ids is not null then perform list_products(product_ids, moment); end if;
      return null;
    end
  $$;
  create trigger list_priced after insert on product_prices referencing new table as added
    for each statement execute function list_priced();

  -- Updates and deletes only leave a note: they may hold what a refresh waits for.
  create function note_stock() returns trigger language plpgsql set search_path from current as $$
    begin
      insert into listing_refreshes (due_at, product_id) values ('-infinity', old.product_id);
      if tg_op = 'UPDATE' and new.product_id <> old.product_id then
        insert into listing_refreshes (due_at, product_id) values ('-infinity', new.product_id);
      end if;
      return null;
    end
  $$;
  -- An order pays for the comparison alone, unless it takes the last of a pool.
  create trigger note_stock_update after update on stock_levels for each row
    when ((old.on_hand > old.reserved) <> (new.on_hand > new.reserved) or old.product_id <> new.product_id)
    execute function note_stock();
  create trigger note_stock_delete after delete on stock_levels for each row
    when (old.on_hand > old.reserved) execute function note_stock();

  create function note_price() returns trigger language plpgsql set search_path from current as $$
    begin
      insert into listing_refreshes (due_at, product_id) values ('-infinity', old.product_id);
      if tg_op = 'UPDATE' then
        insert into listing_refreshes (due_at, product_id)
        values ('-infinity', new.product_id), (new.effective_from, new.product_id);
      end if;
      return null;
    end
  $$;
  create trigger note_price after update or delete on product_prices for each row
    when (current_setting('shop.defer_listings', true) is distinct from 'on') execute function note_price();

  create function note_product() returns trigger language plpgsql set search_path from current as $$
    begin
      insert into listing_refreshes (due_at, product_id) values ('-infinity', new.id);
      return null;
    end
  $$;
  create trigger note_product after update on products for each row execute function note_product();

  create function empty_listings() returns trigger language plpgsql set search_path from current as $$
    begin
      truncate listings, listing_counts, listing_refreshes;
      return null;
    end
  $$;
  create trigger empty_listings after truncate on products for each statement
    when (current_setting('shop.defer_listings', true) is distinct from 'on') execute function empty_listings();
  create trigger empty_listings after truncate on product_prices for each statement
    when (current_setting('shop.defer_listings', true) is distinct from 'on') execute function empty_listings();
  create trigger empty_listings after truncate on stock_levels for each statement
    when (current_setting('shop.defer_listings', true) is distinct from 'on') execute function empty_listings();
`

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger empty_listings on products;
    drop trigger empty_listings on product_prices;
    drop trigger empty_listings on stock_levels;
    drop trigger note_product on products;
    drop trigger note_price on product_prices;
    drop trigger list_priced on product_prices;
    drop trigger note_stock_update on stock_levels;
    drop trigger note_stock_delete on stock_levels;
    drop trigger list_stocked on stock_levels;
    drop table listings, listing_refreshes, listing_counts;
    drop function empty_listings, note_product, note_price, note_stock, list_priced, list_stocked, list_products;
    drop function load_listings, exchange_listings, refresh_listings, write_listings;
    drop function count_listings_of, index_listings, count_listings, offers_of, fold_name;
    create index products_name_idx on products (name, id) where enabled;
  `)
}
