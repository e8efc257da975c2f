import type {Knex} from 'knex'

import {query} from './query.ts'

/**
 * What a role that owns nothing needs to run the shop, and lacks, as statements. It may read which migrations are applied,
 * but not write that. Covers the tables that the current role owns, and those of the test provider.
 */
export async function findGrants(db: Knex, role: string): Promise<string[]> {
  const rows = await query<{statement: string}>(
    db,
    `with role as (select ?::text as name),
     schemas as (
       select oid, nspname from pg_namespace where nspname in (current_schema(), 'test_provider')
     ),
     relations as (
       select pg_class.oid, relname, relkind, format('%I.%I', nspname, relname) as path
       from pg_class
       join schemas on schemas.oid = relnamespace
       where pg_has_role(relowner, 'usage')
     ),
     rights as (
       select 1 as step, format('usage on schema %I', nspname) as "right"
       from schemas, role
       where not has_schema_privilege(role.name, oid, 'usage')
       union all
       select 2, format('select on table %s', path)
       from relations, role
       where relkind in ('r', 'p') and relname like 'knex\\_%' and not has_table_privilege(role.name, oid, 'select')
       union all
       select 3, format('select, insert, update, delete on table %s', path)
       from relations, role
       where relkind in ('r', 'p') and relname not like 'knex\\_%'
         and not (has_table_privilege(role.name, oid, 'select') and has_table_privilege(role.name, oid, 'insert')
                  and has_table_privilege(role.name, oid, 'update') and has_table_privilege(role.name, oid, 'delete'))
       union all
       select 4, format('usage, select, update on sequence %s', path)
       from relations, role
       where relkind = 'S' and relname not like 'knex\\_%'
         and not (has_sequence_privilege(role.name, oid, 'usage') and has_sequence_privilege(role.name, oid, 'select')
                  and has_sequence_privilege(role.name, oid, 'update'))
     )
     select format('grant %s to %I', "right", name) as statement from rights, role order by step, statement`,
    [role],
  )
  return rows.map(({statement}) => statement)
}

export async function grantAll(trx: Knex.Transaction, role: string): Promise<void> {
  for (const statement of await findGrants(trx, role)) await query(trx, statement)
}
