import pg from 'pg'

/**
 * Runs a read, and once more if its session ended meanwhile: a server that is stopped or killed takes the sessions with it,
 * and by the second time a new connection may find the one that leads next. Only for what may be run twice.
 */
export async function readAgain<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (!wasCutOff(error)) throw error
    return read()
  }
}

/** As opposed to a server that is silent or takes no connections, for which the caller has waited already. */
function wasCutOff(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^57P0[123]/.test(error.code ?? '')
  if (!(error instanceof Error)) return false
  const {code = ''} = error as NodeJS.ErrnoException
  return ['ECONNRESET', 'EPIPE'].includes(code) || error.message.includes('Connection terminated')
}
