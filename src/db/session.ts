import pg, {type Client} from 'pg'

import {setEachTransaction} from './borrowed-session.ts'
import {rememberMessage, sqlState} from './errors.ts'
import type {Primary} from './open-connection.ts'
import {internalsOf} from './pg-internals.ts'
import {onlyRow} from './query.ts'
import {failUnreplicated} from './unreplicated.ts'

/** How a connection's session is set up. Times are in milliseconds; without one there is no limit. */
export type SessionOptions = {
  /** How long a statement may take. */
  statementMs?: number
  /** How long a statement may wait for a lock. */
  lockMs?: number
  /** Keeps the plans of named statements, see `keptPlans`. Only for statements that look rows up by key. */
  keepsPlans?: boolean
  /**
   * Whether sessions are the connection's own, and keep settings and prepared statements. Without that, a pooler may lend
   * another session for each transaction.
   */
  prepared?: boolean
}

/**
 * A transaction that waits for its client this long is rolled back. With a limit for statements, that limit holds for the
 * wait as well: a client that the network has cut off would keep its locks. Work that waits for slow input sets its own.
 */
const idleInTransactionMs = 60_000

/** How much longer than a statement may take the client waits for its answer. */
const answerGraceMs = 5000

/**
 * Everything that the shop depends on and that a server, a database or a role may have set to something else. Times are
 * read in ISO form and UTC (types.ts), text is UTF-8, and a transaction sees what others committed after a lock was
 * waited for.
 */
const dependedUpon = {
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Above this, a server would not say that it commits without its standbys.
  client_min_messages: 'notice',
} as const

/**
 * For some statements the planner would make a new plan for each execution, which takes longer than running them. A kept
 * plan is made without knowing how few rows are asked for, so it must be kept from reading a table of some thousand rows
 * whole. Nor does it know how tables grow, so the statements must leave it no choice (see rows-by-key.ts).
 */
export const keptPlans = {plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off'} as const

const optionsOfSessions = new WeakMap<Client, SessionOptions>()

/** How the session of a connection was set up. */
export function sessionOptions(client: Client): SessionOptions {
  return optionsOfSessions.get(client) ?? {}
}

/** Settings that only newer servers have, by the first version. */
const newerSettings = [
  {name: 'idle_session_timeout', since: 140_000},
  {name: 'transaction_timeout', since: 170_000},
]

function settingsOf({statementMs = 0, lockMs = 0}: SessionOptions): Record<string, string> {
  return {
    ...dependedUpon,
    statement_timeout: String(statementMs),
    lock_timeout: String(lockMs),
    idle_in_transaction_session_timeout: String(statementMs === 0 ? idleInTransactionMs : statementMs),
  }
}

/** Prepares a new connection: its session's settings and limits, in one round trip. */
export async function prepareSession(client: Client, options: SessionOptions): Promise<void> {
  optionsOfSessions.set(client, options)
  if (options.prepared === false) return prepareTransactions(client, options)
  const settings = {...settingsOf(options), ...(options.keepsPlans && keptPlans)}
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`)
  const lifted = newerSettings.map(
    ({name, since}) =>
      `case when current_setting('server_version_num')::int >= ${since} then set_config('${name}', '0', false) end`,
  )
  await client.query(`select ${[...set, ...lifted, keepDurable, findExtensions].join(', ')}`)
}

const sharedSettings = new WeakMap<Client, Record<string, string>>()

/**
 * Prepares a connection whose transactions may each have another session. What depends on the database is read as the
 * role's sessions begin, since another client of the pooler may have changed this one.
 */
async function prepareTransactions(client: Client, options: SessionOptions): Promise<void> {
  const {rows} = await client.query<{version: number; commit: string; path: string}>(
    `select current_setting('server_version_num')::int as version,
            (select reset_val from pg_settings where name = 'synchronous_commit') as commit,
            concat_ws(
              ', ',
              (select nullif(reset_val, '') from pg_settings where name = 'search_path'),
              (
                select string_agg(distinct quote_ident(nspname), ', ')
                from pg_extension
                join pg_namespace on pg_namespace.oid = extnamespace
                where extname in ('pg_trgm', 'unaccent')
              )
            ) as path`,
  )
  const {version, commit, path} = onlyRow(rows)
  sharedSettings.set(client, {
    ...settingsOf(options),
    synchronous_commit: commit === 'off' ? 'on' : commit,
    search_path: path,
    ...(version >= 170_000 && {transaction_timeout: '0'}),
  })
  const settings = localSettings(client)
  // Fails here if they cannot be set, and not in the first transaction.
  await client.query(settings)
  setEachTransaction(client, {settings, commands: localCommands(client)})
}

/** A query without rows that sets up a transaction whose session may be anybody's, with another limit for locks. */
export function localSettings(client: Client, lockMs?: number): string {
  const settings = {...sharedSettings.get(client), ...(lockMs !== undefined && {lock_timeout: String(lockMs)})}
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`)
  // `concat` is never null.
  return `select where concat(${set.join(', ')}) is null`
}

function localCommands(client: Client): string {
  // A search path is a list of names, and as one text it would be a single name.
  const {search_path: path = '', ...settings} = sharedSettings.get(client) ?? {}
  const set = Object.entries(settings).map(([name, value]) => `set local ${name} = ${pg.escapeLiteral(value)}`)
  return [...set, `set local search_path = ${path === '' ? "''" : path}`].join('; ')
}

/** Any setting but `off` waits for the disk before COMMIT is answered; some also wait for a standby. */
const keepDurable = `
  set_config(
    'synchronous_commit',
    case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end,
    false
  )`

/** Some hosts keep extensions in a schema of their own, whose functions and operators searches need. */
const findExtensions = `
  set_config(
    'search_path',
    concat_ws(
      ', ',
      nullif(current_setting('search_path'), ''),
      (
        select string_agg(distinct quote_ident(nspname), ', ')
        from pg_extension
        join pg_namespace on pg_namespace.oid = extnamespace
        where extname in ('pg_trgm', 'unaccent') and nspname <> all (current_schemas(true))
      )
    ),
    false
  )`

/**
 * Destroys a connection whose server does not answer in time. `statement_timeout` ends a statement on a server that
 * lives; a host that died without a word never answers, and TCP takes many minutes to notice.
 */
export function destroyWhenSilent(client: Client, {statementMs}: SessionOptions): void {
  if (statementMs === undefined) return
  const deadlineMs = statementMs + answerGraceMs
  const internals = internalsOf(client)
  const {stream} = internals.connection
  stream.setTimeout(deadlineMs)
  stream.on('timeout', () => {
    if (internals.readyForQuery) return
    const error = new Error(`The database did not answer within ${deadlineMs / 1000} seconds.`)
    stream.destroy(Object.assign(error, {code: 'ETIMEDOUT'}))
  })
}

/** Gives a connection up after an error that it would repeat, while a new one may do better, and after an unknown message. */
export function disposeWhenUseless(client: Client, primary: Primary): void {
  internalsOf(client).connection.on('errorMessage', (error) => {
    const {code = '', message} = error
    rememberMessage(error)
    if (code === '' || uselessAfter.has(code)) markAsDisposed(client, message)
    if (code === sqlState.readOnlySqlTransaction) primary.suspect()
  })
  failUnreplicated(client, ({message}) => {
    markAsDisposed(client, message)
    primary.suspect()
  })
}

const uselessAfter = new Set<string>([
  // The server ends the session, and closes the connection a moment later.
  sqlState.adminShutdown,
  sqlState.crashShutdown,
  sqlState.idleSessionTimeout,
  sqlState.idleInTransactionSessionTimeout,
  sqlState.transactionTimeout,
  // Read-only: after a failover a connection may be left on a standby.
  sqlState.readOnlySqlTransaction,
  // A kept plan must not change its result type: another version migrated a table.
  sqlState.featureNotSupported,
  // Prepared statements are missing or there already: the session is not the one that prepared them.
  '26000',
  '42P05',
])

/** Knex closes a connection that has this mark instead of lending it again. */
export function markAsDisposed(client: Client, reason: string): void {
  Object.assign(client, {__knex__disposed: reason})
}
