import type {Knex} from 'knex'

import type {ReplicaSettings} from '../../config.ts'
import {findLocaleProblem} from '../../db/check-server.ts'
import {migrationStatus} from '../../db/migrate.ts'
import {currentRole, onlyRow, query} from '../../db/query.ts'
import type {HoldSettings} from '../../hold-settings.ts'
import {countOf, plural} from '../../text.ts'
import {quickAudit} from '../audit.ts'
import {kept} from '../payments/operators/reconcile/own-payments.ts'
import {shopTables} from './tables.ts'
import {bad, type Check, good, warning} from './check.ts'
import {checkReplicas} from './replicas.ts'
import {checkLocks} from './check-locks.ts'
import {countServers, isClientSession} from './status.ts'

/** Checks of a database that answers. Those of its tables are left out if they are not of this version. */
export async function checkDatabase(
  db: Knex,
  {holds, clock, replicas}: {holds: HoldSettings; clock: () => number; replicas?: ReplicaSettings | undefined},
): Promise<Check[]> {
  const schema = await checkSchema(db)
  const checks = [
    await checkWrites(db),
    schema,
    await checkLocale(db),
    await checkClock(db, clock),
    await checkConnections(db),
    ...(replicas ? await checkReplicas(db, replicas) : []),
  ]
  if (schema.level === 'bad') return checks
  const servers = await countServers(db)
  return [
    ...checks,
    await checkRights(db),
    await checkLocks(db),
    await checkAudit(db, holds),
    await checkListings(db),
    await checkHolds(db, servers),
    await checkPayments(db),
    good(
      'servers',
      servers === 0 ? 'No shop serves this database.' : `\`shop serve\` runs on this database: ${servers}.`,
    ),
  ]
}

async function checkWrites(db: Knex): Promise<Check> {
  const {version, isReadOnly} = onlyRow(
    await query<{version: string; isReadOnly: boolean}>(
      db,
      `select current_setting('server_version') as version,
              current_setting('transaction_read_only') = 'on' or pg_is_in_recovery() as "isReadOnly"`,
    ),
  )
  const says = `PostgreSQL ${version} answers`
  return isReadOnly
    ? bad(
        'database',
        `${says}, but it is read-only.`,
        'Use the primary server, and lift default_transaction_read_only.',
      )
    : good('database', `${says}.`)
}

async function checkSchema(db: Knex): Promise<Check> {
  const {applied, pending, unknown} = await migrationStatus(db)
  if (unknown.length > 0) {
    const names = unknown.map(({name}) => name).join(', ')
    return bad('schema', `A newer version of the shop migrated the database (${names}).`, 'Use that version.')
  }
  if (applied.length === 0) return bad('schema', 'The database has no tables yet.', 'Run: shop migrate, or npm start')
  if (pending.length > 0) return bad('schema', `Migrations are missing: ${pending.join(', ')}.`, 'Run: shop migrate')
  return good('schema', `Every migration is applied; the last is ${applied.at(-1)?.name ?? 'none'}.`)
}

async function checkLocale(db: Knex): Promise<Check> {
  const problem = await findLocaleProblem(db)
  if (problem === undefined) return good('locale', 'The encoding is UTF8, and letters of all languages are known.')
  const [says = problem, ...advice] = problem.split('. ')
  return warning('locale', `${says}.`, `${advice.join('. ')}.`)
}

/** A clock that differs by more makes holds, scheduled prices and tokens look too early or too late. */
const clockSeconds = 2

async function checkClock(db: Knex, clock: () => number): Promise<Check> {
  const before = clock()
  const {now} = onlyRow(
    await query<{now: number}>(db, `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`),
  )
  const after = clock()
  // The server read its clock at some time between the two.
  const difference = Math.max(before - now, now - after, 0) / 1000
  const text = difference.toFixed(difference < 10 ? 1 : 0)
  if (difference <= clockSeconds) return good('clock', `The clocks differ by ${text} seconds.`)
  const says = `The clocks of this machine and of the database differ by ${text} seconds.`
  return warning('clock', says, 'Set both by NTP. The shop goes by the clock of the database.')
}

async function checkConnections(db: Knex): Promise<Check> {
  const {used, most} = onlyRow(
    await query<{used: number; most: number}>(
      db,
      `select (select count(*) from pg_stat_activity where ${isClientSession}) as used,
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most`,
    ),
  )
  const says = `${used} of ${most} connections of the server are in use.`
  if (used <= most * 0.8) return good('connections', says)
  return warning('connections', says, 'Lower SHOP_POOL_SIZE or SHOP_WORKERS, or raise max_connections of the server.')
}

async function checkRights(db: Knex): Promise<Check> {
  const lacking = await query<{name: string; isUsable: boolean; isWritable: boolean}>(
    db,
    `select name, has_table_privilege(name, 'select') and has_table_privilege(name, 'insert') as "isUsable",
            has_table_privilege(name, 'update') and has_table_privilege(name, 'delete') as "isWritable"
     from unnest(?::text[]) as name
     join pg_class on pg_class.oid = to_regclass(name)
     where not (has_table_privilege(name, 'select') and has_table_privilege(name, 'insert')
                and has_table_privilege(name, 'update') and has_table_privilege(name, 'delete'))
       or not pg_has_role(relowner, 'usage')`,
    [[...shopTables]],
  )
  const role = await currentRole(db)
  if (lacking.length === 0) return good('rights', `The role ${role} owns the tables of the shop.`)
  const unusable = lacking.flatMap(({name, isUsable}) => (isUsable ? [] : name))
  if (unusable.length > 0) {
    return bad(
      'rights',
      `The role ${role} may not read or write these tables: ${unusable.join(', ')}.`,
      'Use the role that owns the tables, or have it grant all rights on them.',
    )
  }
  const unwritable = lacking.flatMap(({name, isWritable}) => (isWritable ? [] : name))
  if (unwritable.length === 0) {
    return good('rights', `The role ${role} may use the tables of the shop, and another role owns and migrates them.`)
  }
  return warning(
    'rights',
    `The role ${role} may not change these tables: ${unwritable.join(', ')}.`,
    'Run `shop migrate` with SHOP_MIGRATE_URL, which grants the rights.',
  )
}

async function checkAudit(db: Knex, holds: HoldSettings): Promise<Check> {
  const {checked, findings} = await quickAudit(db, holds)
  if (findings.length === 0) {
    return good('audit', `The ${checked} invariants that are quick to check hold. For all of them, run: shop audit`)
  }
  const broken = findings.map(({says, count}) => `${says} (${count})`).join('; ')
  return bad('audit', `Violated: ${broken}.`, 'Run `shop audit`, and see docs/runbook.md.')
}

/** So many products are listed again within a second. */
const fewRefreshes = 10_000

async function checkListings(db: Knex): Promise<Check> {
  const {waiting} = onlyRow(
    await query<{waiting: number}>(
      db,
      `select count(*) as waiting
       from (select from listing_refreshes where due_at <= clock_timestamp() limit ?) as due`,
      [fewRefreshes + 1],
    ),
  )
  if (waiting === 0) return good('listings', 'The lists of products are up to date.')
  if (waiting <= fewRefreshes) return good('listings', `The next list brings changed products up to date: ${waiting}.`)
  return warning(
    'listings',
    `More than ${fewRefreshes} changed products wait to be listed.`,
    'The next list waits for them. Run: shop list-products',
  )
}

async function checkHolds(db: Knex, servers: number): Promise<Check> {
  const {waiting} = onlyRow(
    await query<{waiting: number}>(
      db,
      `select count(*) as waiting from stock_reservations where expires_at < clock_timestamp() - interval '1 minute'`,
    ),
  )
  if (waiting === 0) return good('holds', 'No hold has been expired for longer than a minute.')
  const says = `${countOf(waiting, 'hold')} ${plural(waiting, 'has', 'have')} been expired for longer than a minute.`
  return servers === 0
    ? warning('holds', says, 'A running `shop serve` removes them, and so does: shop release-holds --expired')
    : warning('holds', says, 'See "Holds that do not go away" in docs/runbook.md.')
}

/** Orders of one check. */
const mostNamed = 5

/** The orders whose last refund failed. Those that were cancelled are counted with the money that they keep. */
const failedRefunds = `
  select distinct order_id
  from refunds as failed
  join payments on payments.id = failed.payment_id
  where failed.state = 'failed' and captured > refunded and not ${kept}
    and not exists (select from refunds as later where later.payment_id = failed.payment_id and later.id > failed.id)`

/** `shop reconcile-payments` lists the same payments, but for refunds of orders that were not cancelled. */
async function checkPayments(db: Knex): Promise<Check> {
  const {mismatches, stuck, unrefunded, failed} = onlyRow(
    await query<Record<'mismatches' | 'stuck' | 'unrefunded', number> & {failed: number[]}>(
      db,
      `select (select count(*) from payments where state = 'mismatch') as mismatches,
              (
                select count(*) from payments
                where state in ('submitted', 'unknown') and next_try_at is null
              ) as stuck,
              (select count(*) from payments where ${kept}) as unrefunded,
              array(${failedRefunds} order by order_id limit ${mostNamed}) as failed`,
    ),
  )
  const found = [
    ...(mismatches > 0 ? [`${countOf(mismatches, 'payment')} ${plural(mismatches, 'is', 'are')} a mismatch.`] : []),
    ...(stuck > 0 ? [`${countOf(stuck, 'payment')} ${plural(stuck, 'stays', 'stay')} unknown.`] : []),
    ...(unrefunded > 0
      ? [`The money of ${countOf(unrefunded, 'cancelled order')} was not refunded, and no refund is on its way.`]
      : []),
    ...failed.map((orderId) => `The last refund of order ${orderId} failed.`),
  ]
  if (found.length === 0) return good('payments', 'No payment needs a decision.')
  return warning('payments', found.join('\n'), 'Run `shop reconcile-payments`, and see docs/payments.md.')
}
