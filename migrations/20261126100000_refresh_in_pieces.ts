import type {Knex} from 'knex'

/**
 * Applies pending refreshes in pieces, each in a transaction of its own: a reader with a time limit that gives up loses the
 * last piece only, and a mass change of prices is listed in the end. The function without a limit stays, because the
 * previous version calls it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(refresh)
}

const refresh = `
  -- Applies at most as many of the refreshes that are due, and returns how many. Refreshes of one product have the same
  -- effect, so it does not matter if they are in different pieces. See refresh_listings() for the lock and the time.
  create function refresh_listings(most int) returns int language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan as $$
    declare
      moment timestamptz;
      product_ids bigint[];
      applied int;
    begin
      perform pg_advisory_xact_lock(x'6c697374'::int);
      moment := clock_timestamp();
      with due as (
        delete from listing_refreshes
        where ctid = any (array(
          select ctid from listing_refreshes where due_at <= moment order by due_at, product_id limit most
        ))
        returning product_id
      )
      select count(*), array_agg(distinct product_id order by product_id) into applied, product_ids from due;

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
      return applied;
    end
  $$;
`

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop function refresh_listings(int)')
}
