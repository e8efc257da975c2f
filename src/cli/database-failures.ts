import type {Knex} from 'knex'
import pg from 'pg'

import {hasSqlState, isConnectionError, isUnavailable, messageOf, UnreplicatedCommitError} from '../db/errors.ts'
import {currentRole} from '../db/query.ts'
import {
  DatabaseFullError,
  DatabaseReadOnlyError,
  DatabaseUnavailableError,
  PermissionDeniedError,
  SchemaOutdatedError,
} from '../errors.ts'

/**
 * The refusal for a failure of the database that an operator can do something about. Returns other errors as they are.
 * With `needsOwner`, what was denied takes the owner of the tables.
 */
export async function explainFailure(error: unknown, db?: Knex, {needsOwner = false} = {}): Promise<unknown> {
  const cause = {cause: error}
  if (error instanceof DatabaseUnavailableError) return withHint(error)
  if (hasSqlState(error, 'undefinedTable', 'undefinedColumn')) return new SchemaOutdatedError(cause)
  if (hasSqlState(error, 'readOnlySqlTransaction')) return new DatabaseReadOnlyError(cause)
  if (hasSqlState(error, 'diskFull')) return new DatabaseFullError(messageOf(error), cause)
  if (hasSqlState(error, 'insufficientPrivilege')) return explainDenial(error, db, needsOwner)
  if (error instanceof UnreplicatedCommitError) {
    const hint = 'Check whether it was done, once the standbys are back or another server leads.'
    return new DatabaseUnavailableError(error.message, {...cause, hint})
  }
  if (isConnectionError(error)) {
    return new DatabaseUnavailableError(`The connection to the database was lost: ${messageOf(error)}.`, cause)
  }
  if (isUnavailable(error)) {
    const hint = 'Nothing was changed. Run the command again when the database is less busy.'
    return new DatabaseUnavailableError(`The database gave up: ${messageOf(error)}.`, {...cause, hint})
  }
  // A bug, which is shown without the statement: that may be long and contain data.
  if (error instanceof pg.DatabaseError) return new Error(messageOf(error), cause)
  return error
}

/** Says what to check if the server answered with the reason why it refuses the connection. */
function withHint(error: DatabaseUnavailableError): DatabaseUnavailableError {
  const hint = hintFor(error.cause)
  return hint === undefined ? error : new DatabaseUnavailableError(error.message, {cause: error.cause, hint})
}

function hintFor(cause: unknown): string | undefined {
  if (!(cause instanceof pg.DatabaseError)) return undefined
  const {code = ''} = cause
  if (code.startsWith('28')) {
    return (
      'Check the user and the password in DATABASE_URL, or POSTGRES_USER and POSTGRES_PASSWORD, and whether pg_hba.conf ' +
      'of the server lets this user in.'
    )
  }
  if (code === '3D000') {
    return 'Check the database in DATABASE_URL, or POSTGRES_DB. To create it, run on the server: createdb NAME'
  }
  if (code === '42501') return 'Have an administrator run: grant connect on database NAME to ROLE'
  if (code === '53300') {
    return (
      'Stop programs that use the server, lower SHOP_POOL_SIZE or SHOP_WORKERS of those that serve, or raise ' +
      'max_connections of the server.'
    )
  }
  return undefined
}

async function explainDenial(
  error: pg.DatabaseError,
  db: Knex | undefined,
  needsOwner: boolean,
): Promise<PermissionDeniedError> {
  const role = db && (await currentRole(db).catch(() => undefined))
  const reason = messageOf(error)
  const who = role === undefined ? 'The database role' : `The database role "${role}"`
  return new PermissionDeniedError(`${who} lacks a right: ${reason}. Nothing was changed.`, {
    cause: error,
    hint: needsOwner ? asOwnerHint : grantFor(reason, quote(role ?? 'ROLE')),
  })
}

const asOwnerHint = 'Run the command as the role that owns the tables, or set SHOP_MIGRATE_URL to a URL with that role.'

/** What to run for the message of a server that speaks English. */
function grantFor(reason: string, role: string): string {
  const [, kind, name] = /^permission denied for (table|sequence|schema|function|view) (\S+)/.exec(reason) ?? []
  const who = 'Have the owner of the tables or an administrator run:'
  if (name !== undefined && (kind === 'table' || kind === 'view')) {
    return `${who} grant select, insert, update, delete on table ${quote(name)} to ${role}`
  }
  if (name !== undefined && kind === 'sequence') return `${who} grant usage on sequence ${quote(name)} to ${role}`
  if (name !== undefined && kind === 'schema') return `${who} grant usage, create on schema ${quote(name)} to ${role}`
  if (name !== undefined) return `${who} grant execute on function ${quote(name)} to ${role}`
  return `Run the command as the owner of the tables, or have an administrator give the right to ${role}.`
}

/** An identifier as SQL reads it. */
function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) || name === 'ROLE' ? name : `"${name.replaceAll('"', '""')}"`
}
