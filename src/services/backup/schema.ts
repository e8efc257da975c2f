import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {shopTables} from '../shop/tables.ts'

/** The shop's tables that the database has, with the columns that a backup of them contains. */
export async function readTables(trx: Knex.Transaction): Promise<{name: string; columns: string[]}[]> {
  return query<{name: string; columns: string[]}>(
    trx,
    `select name, (
       select array_agg(attname::text order by attnum)
       from pg_attribute
       where attrelid = to_regclass(name) and attnum > 0 and not attisdropped and attgenerated = ''
     ) as columns
     from unnest(?::text[]) with ordinality as shop (name, place)
     where to_regclass(name) is not null
     order by place`,
    [[...shopTables]],
  )
}

export type IdentityColumn = {table: string; column: string; sequence: string}

export async function readIdentityColumns(trx: Knex.Transaction, tables: string[]): Promise<IdentityColumn[]> {
  return query<IdentityColumn>(
    trx,
    `select relname as "table", attname as "column", pg_get_serial_sequence(quote_ident(relname), attname) as sequence
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     where attidentity <> '' and not attisdropped and attrelid = any (?::text[]::regclass[])
     order by 1, 2`,
    [tables],
  )
}
