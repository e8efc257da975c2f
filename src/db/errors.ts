import pg from 'pg'

/** The SQLSTATEs the shop acts on, by PostgreSQL's own names (appendix A of its manual). */
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

/** The server answered, and goes on: what failed so is undone, with all of its transaction. */
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

/** The database is away, and may be back later: as opposed to one that answers and refuses. */
export function isConnectionError(error: unknown): boolean {
  if (hasSqlState(error, 'adminShutdown', 'crashShutdown', 'cannotConnectNow', 'tooManyConnections')) return true
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.every(isConnectionError)
  // pg and Knex have no code for a connection that ends under them, nor for a pool without a free one. Knex puts the
  // statement in front of the message.
  if (/Connection terminated|Client has encountered a connection error/.test(error.message)) return true
  if (error.name === 'KnexTimeoutError') return true
  return 'code' in error && typeof error.code === 'string' && socketErrors.has(error.code)
}
