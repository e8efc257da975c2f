import type {Knex} from 'knex'

/**
 * Marks, for numbered pages in the middle of long lists, and an index by which a search with very many matches finds the best
 * of them: see docs/decisions/2026-11-26-broad-lists.md. The marks themselves are made by a background job. While the
 * index is built, refreshes of the listings wait, for about a second with a million listings; orders do not.
 */
export async function up(knex: Knex): Promise<void> {
  for (const sql of [tables, changes, marks]) await knex.raw(sql)
}

const tables = `
  create index if not exists listings_length_idx on listings (currency, octet_length(folded_name), product_id);

  -- How many listings come before a key, in one of the orderings. A key has '' and 0 for what its ordering does not sort by.
  -- Together with listing_changes this is exact: rows_before, plus the deltas of changes before the key.
  create table listing_marks (
    currency text not null,
    ordering text not null constraint listing_marks_ordering_check check (ordering in ('name', 'amount', 'id')),
    name text not null,
    amount bigint not null,
    product_id bigint not null,
    rows_before bigint not null,
    constraint listing_marks_pkey primary key (currency, ordering, name, amount, product_id)
  );

  -- What was added to the listings and removed from them since the marks were made. A null delta stands for changes that are
  -- too many: the marks of the currency do not count any more.
  create table listing_changes (
    currency text not null,
    name text,
    amount bigint,
    product_id bigint,
    delta int,
    constraint listing_changes_complete_check check (num_nulls(name, amount, product_id, delta) in (0, 4))
  );
`

const changes = `
  create or replace function count_listings() returns trigger language plpgsql set search_path from current as $$
    declare
      step int := case tg_op when 'DELETE' then -1 else 1 end;
    begin
      insert into listing_counts (currency, delta) select currency, step * count(*) from changed group by currency;
      if exists (select from changed offset 5000) then
        insert into listing_changes (currency) select distinct currency from changed;
      else
        insert into listing_changes (currency, name, amount, product_id, delta)
        select currency, name, amount, product_id, step from changed;
      end if;
      return null;
    end
  $$;

  create function note_listing_updates() returns trigger language plpgsql set search_path from current as $$
    begin
      if exists (select from changed offset 5000) then
        insert into listing_changes (currency) select currency from replaced union select currency from changed;
      else
        insert into listing_changes (currency, name, amount, product_id, delta)
        select currency, name, amount, product_id, -1 from replaced
        union all
        select currency, name, amount, product_id, 1 from changed;
      end if;
      return null;
    end
  $$;
  create trigger note_listing_updates after update on listings
    referencing old table as replaced new table as changed
    for each statement execute function note_listing_updates();

  -- Not truncated: that would wait for readers of the marks, which may wait for the listings.
  create function forget_listing_marks() returns trigger language plpgsql set search_path from current as $$
    begin
      delete from listing_marks;
      delete from listing_changes;
      return null;
    end
  $$;
  create trigger forget_listing_marks after truncate on listings
    for each statement execute function forget_listing_marks();
`

const marks = `
  -- Moves at most 10,000 changes into the marks, drops marks that have become too close, and makes new ones in the first gap
  -- that is longer than two spacings, in at most 200,000 rows of it. Returns whether there is more to do; false if another
  -- session is doing it. Each statement keeps the marks exact in its own snapshot, so that writers need not wait.
  -- READ COMMITTED only.
  create function mark_listings(spacing int) returns boolean language plpgsql
    set search_path from current set plan_cache_mode = force_custom_plan as $$
    declare
      gap record;
      columns text;
      made int;
    begin
      if not pg_try_advisory_xact_lock(x'6d61726b'::int) then return false; end if;
      -- Before any mark is changed: whoever truncates the listings deletes the marks afterwards.
      lock table listings in access share mode;

      if exists (select from listing_changes where delta is null) then
        with void as (
          select distinct currency from listing_changes where delta is null
        ),
        gone as (
          delete from listing_changes where currency in (select currency from void)
        )
        delete from listing_marks where currency in (select currency from void);
      end if;

      with moved as (
        delete from listing_changes
        where ctid = any (array(select ctid from listing_changes where delta is not null limit 10000))
        returning *
      ),
      keys as (
        select currency, key.*, delta, null::tid as mark
        from moved
        cross join lateral (
          values ('name', name, 0, product_id), ('amount', '', amount, product_id), ('id', '', 0, product_id)
        ) as key (ordering, name, amount, product_id)
        union all
        select currency, ordering, name, amount, product_id, 0, ctid from listing_marks
      ),
      sums as (
        select mark, sum(delta) over (
          partition by currency, ordering order by name, amount, product_id, mark is null
          rows between unbounded preceding and current row
        ) as shift
        from keys
      )
      update listing_marks set rows_before = rows_before + shift
      from sums
      where listing_marks.ctid = mark and shift <> 0;
      if exists (select from listing_changes where delta is not null offset 1000) then return true; end if;

      delete from listing_marks
      where ctid = any (array(
        select mark
        from (
          select ctid as mark, rows_before - lag(rows_before, 1, 0::bigint) over in_order as rows
          from listing_marks
          window in_order as (partition by currency, ordering order by name, amount, product_id)
        ) as gaps
        where rows < spacing / 8
      ));

      select into gap *
      from (
        select ends.*,
               lead(rows_before) over in_order as rows_before_next, lead(name) over in_order as next_name,
               lead(amount) over in_order as next_amount, lead(product_id) over in_order as next_id
        from (
          select currency, ordering, name, amount, product_id, rows_before from listing_marks
          union all
          select currency, start.*, 0
          from (select distinct currency from listing_counts) as known
          cross join (values
            ('name', '', 0::bigint, '-9223372036854775808'::bigint),
            ('amount', '', '-9223372036854775808'::bigint, '-9223372036854775808'::bigint),
            ('id', '', 0::bigint, '-9223372036854775808'::bigint)
          ) as start (ordering, name, amount, product_id)
        ) as ends
        window in_order as (partition by currency, ordering order by name, amount, product_id)
      ) as gaps
      join (select currency, sum(delta) as count from listing_counts group by currency) as counted using (currency)
      where coalesce(rows_before_next, count) - rows_before > 2 * spacing
      order by currency, ordering, rows_before
      limit 1;
      if gap is null then return false; end if;

      columns := case gap.ordering when 'id' then 'product_id' else gap.ordering || ', product_id' end;
      execute format(
        $split$
          insert into listing_marks (currency, ordering, name, amount, product_id, rows_before)
          select $1, $2, numbered.name, numbered.amount, numbered.product_id, $3 + rows - coalesce(added.sum, 0)
          from (
            select key.*, row_number() over (order by %1$s) - 1 as rows
            from (
              select %2$s from listings
              where currency = $1 and (%1$s) >= (%3$s) %4$s
              order by %1$s
              limit 200000
            ) as key
          ) as numbered
          cross join lateral (
            select sum(delta)
            from (select %2$s, delta from listing_changes where currency = $1) as change
            where (%1$s) >= (%3$s) and (%1$s) < (%5$s)
          ) as added
          where rows > 0 and rows %% $10 = 0
        $split$,
        columns,
        case gap.ordering
          when 'name' then 'name, 0::bigint as amount, product_id'
          when 'amount' then quote_literal('') || '::text as name, amount, product_id'
          else quote_literal('') || '::text as name, 0::bigint as amount, product_id'
        end,
        case gap.ordering when 'name' then '$4, $6' when 'amount' then '$5, $6' else '$6' end,
        case when gap.rows_before_next is not null then
          format('and (%s) < (%s)', columns,
            case gap.ordering when 'name' then '$7, $9' when 'amount' then '$8, $9' else '$9' end)
        end,
        case gap.ordering
          when 'name' then 'numbered.name, numbered.product_id'
          when 'amount' then 'numbered.amount, numbered.product_id'
          else 'numbered.product_id'
        end
      ) using gap.currency, gap.ordering, gap.rows_before, gap.name, gap.amount, gap.product_id,
              gap.next_name, gap.next_amount, gap.next_id, spacing;
      get diagnostics made = row_count;
      return made > 0;
    end
  $$;
`

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger note_listing_updates on listings;
    drop trigger forget_listing_marks on listings;
    drop function mark_listings, note_listing_updates, forget_listing_marks;
    create or replace function count_listings() returns trigger language plpgsql set search_path from current as $$
      begin
        insert into listing_counts (currency, delta)
        select currency, case tg_op when 'DELETE' then -count(*) else count(*) end from changed group by currency;
        return null;
      end
    $$;
    drop table listing_changes, listing_marks;
    drop index listings_length_idx;
  `)
}
