import type {Knex} from 'knex'

import {query} from '../../db/query.ts'

/**
 * Takes away what would slow a large COPY down, or write rows of its own: triggers, foreign keys, and indexes other than
 * those of primary and unique keys. Returns a function that puts all of it back, checks
 * the foreign keys, and tells the share that is done, from 0 to 1.
 */
export async function setAside(
  trx: Knex.Transaction,
  tables: string[],
): Promise<(onShare: (share: number) => void) => Promise<void>> {
  const restores: string[] = []
  for (const {name, definition, table} of await foreignKeys(trx, tables)) {
    await trx.raw('alter table ?? drop constraint ??', [table, name])
    restores.push(trx.raw('alter table ?? add constraint ?? ', [table, name]).toQuery() + definition)
  }
  for (const {name, definition} of await indexes(trx, tables)) {
    await trx.raw('drop index ??', [name])
    restores.unshift(definition)
  }
  for (const table of tables) {
    await trx.raw('alter table ?? disable trigger user', [table])
    restores.push(trx.raw('alter table ?? enable trigger user', [table]).toQuery())
  }
  return async (onShare) => {
    await query(trx, `set local maintenance_work_mem = '256MB'`)
    for (const [index, sql] of restores.entries()) {
      onShare(index / restores.length)
      await query(trx, sql)
    }
  }
}

type Definition = {table: string; name: string; definition: string}

async function foreignKeys(trx: Knex.Transaction, tables: string[]): Promise<Definition[]> {
  return query<Definition>(
    trx,
    `select relname as "table", conname as name, pg_get_constraintdef(pg_constraint.oid) as definition
     from pg_constraint
     join pg_class on pg_class.oid = conrelid
     where contype = 'f' and conrelid = any (?::text[]::regclass[])
     order by 1, 2`,
    [tables],
  )
}

async function indexes(trx: Knex.Transaction, tables: string[]): Promise<Definition[]> {
  return query<Definition>(
    trx,
    `select indrelid::regclass::text as "table", relname as name, pg_get_indexdef(indexrelid) as definition
     from pg_index
     join pg_class on pg_class.oid = indexrelid
     where indrelid = any (?::text[]::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
     order by 1, 2`,
    [tables],
  )
}
