import type {Knex} from 'knex'

/**
 * After a change of most products, refreshing their listings in pieces takes minutes, in which every list is refused: 0.2 ms
 * a product, most of it for the indexes. Building these again takes a tenth of that. The previous version does not call it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(refresh)
}

const refresh = `
  -- Applies all refreshes that are due if they are so many that it pays to drop and build the indexes, and the role owns
  -- the table; otherwise does nothing. Returns how many it applied. Meanwhile the table is locked.
  -- See refresh_listings() for the lock and the time, and load_listings() for the indexes.
  create function refresh_many_listings(fewest int) returns int language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan set maintenance_work_mem = '256MB'
    set enable_hashjoin = off as $$
    declare
      moment timestamptz;
      product_ids bigint[];
      applied int;
      dropped record;
      definitions text[] := '{}';
      definition text;
    begin
      perform pg_advisory_xact_lock(x'6c697374'::int);
      moment := clock_timestamp();
      select count(*) into applied from listing_refreshes where due_at <= moment;
      if applied < fewest
        or applied < (select coalesce(sum(delta), 0) / 5 from listing_counts)
        or not (select pg_has_role(relowner, 'usage') from pg_class where oid = 'listings'::regclass)
      then
        return 0;
      end if;

      lock table listings;
      with due as (delete from listing_refreshes where due_at <= moment returning product_id)
      select count(*), array_agg(distinct product_id order by product_id) into applied, product_ids from due;
      for dropped in
        select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
        from pg_index
        where indrelid = 'listings'::regclass
          and not exists (select from pg_constraint where conindid = indexrelid)
      loop
        definitions := definitions || dropped.definition;
        execute format('drop index %s', dropped.name);
      end loop;

      create temporary table current_offers on commit drop as select * from offers_of(product_ids, moment);
      create temporary table refreshed on commit drop as select unnest(product_ids) as product_id;
      analyze current_offers, refreshed;
      delete from listings
      using refreshed
      where listings.product_id = refreshed.product_id
        and not exists (
          select from current_offers as offer
          where offer.currency = listings.currency and offer.product_id = listings.product_id
        );
      insert into listings (currency, product_id, name, folded_name, amount)
      select currency, product_id, name, folded_name, amount from current_offers
      on conflict (currency, product_id) do update
        set name = excluded.name, folded_name = excluded.folded_name, amount = excluded.amount
        where (listings.name, listings.amount) is distinct from (excluded.name, excluded.amount);
      foreach definition in array definitions loop
        execute definition;
      end loop;
      analyze listings;
      drop table current_offers, refreshed;
      return applied;
    end
  $$;
`

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop function refresh_many_listings(int)')
}
