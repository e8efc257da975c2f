import pg from 'pg'

/** The SQLSTATEs the shop acts on, by PostgreSQL's own names (appendix A of its manual). */
export const sqlState = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  checkViolation: '23514',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  cannotConnectNow: '57P03',
  tooManyConnections: '53300',
} as const

export function hasSqlState(error: unknown, ...names: (keyof typeof sqlState)[]): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && names.some((name) => error.code === sqlState[name])
}

export function violates(error: unknown, constraint: string): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.constraint === constraint
}
