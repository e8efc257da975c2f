import pg from 'pg'

/** The SQLSTATEs that the shop handles, under PostgreSQL's names (appendix A of its manual). */
export const sqlState = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  checkViolation: '23514',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  tooManyConnections: '53300',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
} as const

export function hasSqlState(error: unknown, ...names: (keyof typeof sqlState)[]): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && names.some((name) => error.code === sqlState[name])
}

export function violates(error: unknown, constraint: string): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.constraint === constraint
}

/** Whether the server answered with this error and is still there, so that the whole transaction was rolled back. */
export function isAnswer(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && !isConnectionError(error)
}

const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
])

/** Whether the database cannot be reached now but may be later, as opposed to one that answers with a refusal. */
export function isConnectionError(error: unknown): boolean {
  if (hasSqlState(error, 'adminShutdown', 'crashShutdown', 'cannotConnectNow', 'tooManyConnections')) return true
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.every(isConnectionError)
  // pg and Knex have no code for a lost connection, nor for a connection pool without a free connection. Knex puts the
  // statement before the message.
  if (/Connection terminated|Client has encountered a connection error/.test(error.message)) return true
  if (error.name === 'KnexTimeoutError') return true
  return 'code' in error && typeof error.code === 'string' && socketErrors.has(error.code)
}
