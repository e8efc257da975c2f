import type {Knex} from 'knex'

import type {ReplicaSettings} from '../../config.ts'
import {advisoryLock} from '../../db/locks.ts'
import {type MigrationStatus, migrationStatus} from '../../db/migrate.ts'
import {onlyRow, query} from '../../db/query.ts'
import {type ReplicaReport, reportReplicas} from './replicas.ts'

export type DatabaseStatus = {
  name: string
  role: string
  /** Of PostgreSQL, such as `18.4`. */
  version: string
  bytes: number
}

/** How many rows a table has. Large tables are estimated, from the last time that PostgreSQL analysed them. */
export type RowCount = {count: number; isEstimate: boolean}

export type ConnectedProgram = {role: string; name: string; connections: number}

export type ShopStatus = {
  database: DatabaseStatus
  schema: MigrationStatus
  /** Undefined if the database has no tables of the shop. */
  rows: Record<'orders' | 'products' | 'users', RowCount> | undefined
  /** How many `shop serve` use the database. */
  servers: number
  /** Who else is connected to the database, by role and application_name. */
  programs: ConnectedProgram[]
  replicas: ReplicaReport[]
}

/** The largest table that is counted row by row. */
const largestCounted = 100_000

export async function shopStatus(
  db: Knex,
  {replicas}: {replicas?: ReplicaSettings | undefined} = {},
): Promise<ShopStatus> {
  const schema = await migrationStatus(db)
  return {
    database: await databaseStatus(db),
    schema,
    rows: (await db.schema.hasTable('orders'))
      ? {
          users: await countRows(db, 'users'),
          products: await countRows(db, 'products'),
          orders: await countRows(db, 'orders'),
        }
      : undefined,
    servers: await countServers(db),
    programs: await connectedPrograms(db),
    replicas: await reportReplicas(db, replicas),
  }
}

async function databaseStatus(db: Knex): Promise<DatabaseStatus> {
  return onlyRow(
    await query<DatabaseStatus>(
      db,
      `select current_database() as name, current_user as role, current_setting('server_version') as version,
              pg_database_size(current_database()) as bytes`,
    ),
  )
}

async function countRows(db: Knex, table: string): Promise<RowCount> {
  const {counted, estimate} = onlyRow(
    await query<{counted: number; estimate: number}>(
      db,
      `select (select count(*) from (select from ${table} limit ?) as part) as counted,
              (select reltuples::bigint from pg_class where oid = '${table}'::regclass) as estimate`,
      [largestCounted + 1],
    ),
  )
  if (counted <= largestCounted) return {count: counted, isEstimate: false}
  return {count: Math.max(estimate, counted), isEstimate: true}
}

/** Each holds the serving lock for as long as it runs. */
export async function countServers(db: Knex): Promise<number> {
  const rows = await query<{servers: number}>(
    db,
    `select count(*) as servers
     from pg_locks
     where locktype = 'advisory' and mode = 'ShareLock' and granted and classid = 0 and objid = ? and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())`,
    [advisoryLock.serving],
  )
  return onlyRow(rows).servers
}

/** Sessions of clients in pg_stat_activity. Only a role that may read statistics sees the `backend_type` of other roles'. */
export const isClientSession = "usename is not null and coalesce(backend_type, 'client backend') = 'client backend'"

export async function connectedPrograms(db: Knex): Promise<ConnectedProgram[]> {
  return query<ConnectedProgram>(
    db,
    `select usename as role, coalesce(nullif(application_name, ''), 'unknown') as name, count(*) as connections
     from pg_stat_activity
     where datname = current_database() and ${isClientSession} and pid <> pg_backend_pid()
     group by 1, 2
     order by 1, 2`,
  )
}
