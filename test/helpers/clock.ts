import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'

/**
 * Puts a clock of its own into a database, for the sessions that begin afterwards and for the functions of the shop: its
 * functions hide those of PostgreSQL. Column defaults keep to the real one.
 */
export async function installClock(db: Knex): Promise<{setBack: (by: string) => Promise<void>}> {
  await query(
    db,
    `create table test_clock as select interval '0' as behind;
     create function statement_timestamp() returns timestamptz stable language sql
       return pg_catalog.statement_timestamp() - (select behind from public.test_clock);
     create function clock_timestamp() returns timestamptz volatile language sql
       return pg_catalog.clock_timestamp() - (select behind from public.test_clock);
     do $$
       declare
         shop_function regprocedure;
       begin
         execute format('alter database %I set search_path = public, pg_catalog', current_database());
         for shop_function in
           select oid from pg_proc where pronamespace = 'public'::regnamespace and proconfig::text like '%search_path%'
         loop
           execute format('alter function %s set search_path = public, pg_catalog', shop_function);
         end loop;
       end
     $$`,
  )
  return {
    async setBack(by) {
      await query(db, 'update test_clock set behind = behind + ?::interval', [by])
    },
  }
}
