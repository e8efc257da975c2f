import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'
import type {Client} from 'pg'

import {withConnection} from './connection.ts'
import {advisoryLock} from './locks.ts'
import {sessionOptions} from './session.ts'

/**
 * Runs while it holds the serving lock in shared mode, so that `shop migrate rollback` refuses. The lock belongs to a
 * session of its own, or to a transaction if sessions are a pooler's: it ends with the process, however that ends, and an
 * idle connection pool does not give it up. After a restart of the database it is taken again. Waits for a rollback that is
 * running. The connection pool, of one connection, is used for nothing else.
 */
export async function whileServing<T>(pool: Knex, run: () => Promise<T>): Promise<T> {
  const release = new AbortController()
  const kept = keep(pool, await take(pool, release.signal), release.signal)
  try {
    return await run()
  } finally {
    release.abort()
    await kept
  }
}

async function keep(pool: Knex, first: Session, release: AbortSignal): Promise<void> {
  let session: Session | undefined = first
  while (!release.aborted) {
    await session?.ended
    // While the database is away, nothing is served, and nothing can be rolled back.
    await delay(1000, undefined, {signal: release, ref: false}).catch(() => undefined)
    session = await take(pool, release).catch(() => undefined)
  }
  await session?.ended
}

/** `ended` resolves when the connection was lost, or given back because the signal was aborted. */
type Session = {ended: Promise<unknown>}

async function take(pool: Knex, release: AbortSignal): Promise<Session> {
  return new Promise((resolve, reject) => {
    const ended = withConnection(pool, async (client) => {
      const isBorrowed = sessionOptions(client).prepared === false
      if (isBorrowed) {
        // A pooler lends its session for as long as the transaction lasts. It has no snapshot, and keeps no row from VACUUM.
        await client.query('begin')
        await client.query(`select set_config('idle_in_transaction_session_timeout', '0', true)`)
      }
      await client.query(`select ${isBorrowed ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_lock_shared'}($1)`, [
        advisoryLock.serving,
      ])
      resolve({ended: ended.catch(() => undefined)})
      await endOf(client, release)
      if (isBorrowed && release.aborted) await client.query('rollback')
    })
    // After the lock was taken, a failure only means that the session has ended.
    ended.catch(reject)
  })
}

async function endOf(client: Client, release: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      client.off('end', settle)
      release.removeEventListener('abort', settle)
      resolve()
    }
    client.once('end', settle)
    release.addEventListener('abort', settle)
    if (release.aborted) settle()
  })
}
