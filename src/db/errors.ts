import pg from 'pg'

import {DatabaseUnavailableError} from '../errors.ts'

/** The SQLSTATEs that the shop acts on, by PostgreSQL's own names (appendix A of its manual). */
export const sqlState = {
  connectionException: '08000',
  idleInTransactionSessionTimeout: '25P03',
  transactionTimeout: '25P04',
  readOnlySqlTransaction: '25006',
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  checkViolation: '23514',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  featureNotSupported: '0A000',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  diskFull: '53100',
  tooManyConnections: '53300',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  idleSessionTimeout: '57P05',
} as const

export function hasSqlState(error: unknown, ...names: (keyof typeof sqlState)[]): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && names.some((name) => error.code === sqlState[name])
}

const serverMessages = new WeakMap<object, string>()

/** Keeps the server's message, because Knex puts the statement with all its values in front of it. */
export function rememberMessage(error: {message: string}): void {
  serverMessages.set(error, error.message)
}

/** The message without the statement that failed, which may be long and contain data. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  // Messages about lost connections come from pg and the system, which never write ` - `.
  const isKnex = !(error instanceof pg.DatabaseError) && isConnectionError(error)
  return serverMessages.get(error) ?? (isKnex ? error.message.replace(/^[^]* - /, '') : error.message)
}

export function violates(error: unknown, constraint: string): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.constraint === constraint
}

/**
 * Whether the server answered with an ERROR: then the transaction is rolled back, and the session goes on. After a FATAL
 * error the session is over, and what it did before that is not known. A server's severity may be in its own language,
 * so the class of the SQLSTATE counts as well; poolers use it, too (PgBouncer answers a lost COMMIT with 08P01). Without
 * a SQLSTATE, it is pg's error about a message that it does not know.
 */
export function isAnswer(error: unknown): error is pg.DatabaseError {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return false
  return error.severity !== 'FATAL' && error.severity !== 'PANIC' && !endsSession(error)
}

/** The connection ended, so that it is not known whether the server did what was sent. `cause` is the first failure. */
export class ConnectionLostError extends Error {
  readonly code = 'ECONNRESET'

  constructor(options: ErrorOptions) {
    super('The connection to the database was lost.', options)
  }
}

/**
 * The server has committed a transaction, and stopped waiting for its standbys, which may not have it: after a failover it
 * may be gone. As with a lost connection, the outcome is not known.
 */
export class UnreplicatedCommitError extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('The database committed without its standbys, so a failover may lose what was written.')
  }
}

/** A host that is read-only, such as a standby, where the shop looks for one to write to. It may be promoted later. */
export class ReadOnlyHostError extends Error {
  readonly code = 'ECONNREFUSED'

  constructor() {
    super('it is read-only')
  }
}

/**
 * Connection exceptions, invalid authorization, operator intervention, time-outs that end the session, and a database that
 * takes no connections (55000).
 */
function endsSession({code = ''}: pg.DatabaseError): boolean {
  return /^(?:08|28|3D000|57P|25P03|25P04|53300|55000)/.test(code)
}

const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
])

/** The database is away, and may be back later: as opposed to one that answers and refuses. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return isLostSession(error)
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.every(isConnectionError)
  // pg and Knex have no code for a connection that ends or takes too long, nor for a pool without a free one. Knex puts
  // the statement in front of the message.
  if (/Connection terminated|Client has encountered a connection error|timeout expired/.test(error.message)) return true
  if (error.name === 'KnexTimeoutError') return true
  const {code, syscall} = error as NodeJS.ErrnoException
  // A missing socket of a server that is not up yet, as opposed to a missing file of a certificate.
  if (code === 'ENOENT') return syscall === 'connect'
  return code !== undefined && socketErrors.has(code)
}

/** A wrong password (28) or database name (3D000) also ends the session, but waiting does not help. */
function isLostSession(error: pg.DatabaseError): boolean {
  return error.code === undefined || /^(?:08|57P|25P03|25P04|53300|55000)/.test(error.code)
}

/**
 * Whether the database cannot serve the request now and may later: it is away, read-only, out of resources such as disk or
 * memory (class 53), cannot use its files (58), locked, too slow, or has another version's tables for as long as an
 * upgrade takes.
 */
export function isUnavailable(error: unknown): boolean {
  return (
    isConnectionError(error) ||
    hasSqlState(
      error,
      'readOnlySqlTransaction',
      ...(['lockNotAvailable', 'queryCanceled', 'serializationFailure', 'deadlockDetected'] as const),
      ...(['undefinedTable', 'undefinedColumn', 'undefinedFunction', 'featureNotSupported'] as const),
      'insufficientPrivilege',
    ) ||
    (error instanceof pg.DatabaseError && /^(?:28|3D000|53|58)/.test(error.code ?? '')) ||
    cannotConnect(error)
  )
}

/**
 * A failure for the log. While the database is away, all that is tried fails with the same stack, which says nothing and would
 * fill the disk.
 */
export function failureFields(error: unknown): object {
  const isKnown = error instanceof DatabaseUnavailableError
  if (!isKnown && !isUnavailable(error)) return {err: error}
  const cause = isKnown ? (error.cause ?? error) : error
  if (cause instanceof DatabaseUnavailableError) return {reason: cause.message}
  // Knex has no code for a pool without a free connection.
  const {code, name} = cause as NodeJS.ErrnoException
  return {reason: messageOf(cause), reason_code: code ?? name}
}

/** The system, or TLS, refuses a new connection: too many files are open, no port is free, a certificate has expired. */
function cannotConnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const {code = '', syscall} = error as NodeJS.ErrnoException
  return (
    ['EMFILE', 'ENFILE', 'EPROTO'].includes(code) ||
    syscall === 'connect' ||
    /CERT|SIGNATURE|_SSL_|_TLS_/.test(code) ||
    error.message.includes('SSL connection')
  )
}
