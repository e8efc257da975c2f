import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {until} from './until.ts'

/** Makes every statement that reads a table wait there, after it has begun, until `goOn` is called. */
export async function pauseReadersOf(
  t: ExecutionContext,
  db: Knex,
  table: string,
): Promise<{untilPaused: () => Promise<void>; goOn: () => Promise<void>}> {
  const rows = `all_${table}`
  await db.raw('alter table ?? rename to ??', [table, rows])
  await db.raw(`
    create function wait_here() returns boolean language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(1);
      return true;
    end $$`)
  await db.raw('create view ?? as select * from ?? where wait_here()', [table, rows])
  const holder = await db.transaction()
  t.teardown(async () => holder.rollback())
  await holder.raw('select pg_advisory_xact_lock(1)')
  return {
    async untilPaused() {
      const waiting = db('pg_locks')
        .where({locktype: 'advisory', granted: false})
        .whereRaw('database = (select oid from pg_database where datname = current_database())')
      await until(async () => (await waiting.clone().select('pid')).length > 0)
    },
    async goOn() {
      await holder.rollback()
    },
  }
}
