import type {Knex} from 'knex'

import {DatabaseUnavailableError} from '../errors.ts'
import {withConnection} from './connection.ts'
import type {PoolOptions} from './connect.ts'
import {internalsOf} from './pg-internals.ts'
import {onlyRow, query} from './query.ts'

const oldestVersion = 150_000

type Server = {version: number; versionText: string; encoding: string}

/** Checks what the shop depends on and cannot set itself. Throws DatabaseUnavailableError that says what to change. */
export async function requireUsableServer(db: Knex): Promise<void> {
  const servers = await query<Server>(
    db,
    `select current_setting('server_version_num')::int as version,
            current_setting('server_version') as "versionText",
            current_setting('server_encoding') as encoding`,
  )
  const {version, versionText, encoding} = onlyRow(servers)
  if (version < oldestVersion) {
    throw new DatabaseUnavailableError(`The database is PostgreSQL ${versionText}, and the shop needs 15 or later.`, {
      hint: 'Upgrade the server.',
    })
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseUnavailableError(`The database has the encoding ${encoding}, and the shop needs UTF8.`, {
      hint: "Create another database: create database NAME encoding 'UTF8' template template0",
    })
  }
}

/**
 * Refuses a pooler such as PgBouncer that lends a server's session for one transaction only: the shop keeps prepared
 * statements and settings in its sessions. Throws DatabaseUnavailableError.
 */
export async function requireOwnSessions(db: Knex, openPool: (options: PoolOptions) => Knex): Promise<void> {
  if (!(await isPooled(db))) return
  const pools = [openPool({poolSize: 1, name: 'shop check'}), openPool({poolSize: 1, name: 'shop check'})]
  try {
    // Two connections that are open at the same time have two sessions, and keep them.
    const sessions: string[] = []
    for (let round = 0; round < checkRounds; round++) {
      sessions.push((await Promise.all(pools.map(findSession))).join())
      // One after the other, a pooler lends both the session that was used last.
      const [first, second] = [await findSession(pools[0] ?? db), await findSession(pools[1] ?? db)]
      sessions.push(`${first},${second}`)
      if (first === second) throw new DatabaseUnavailableError(sharedMessage, {hint: sharedHint})
    }
    if (new Set(sessions).size > 1) throw new DatabaseUnavailableError(sharedMessage, {hint: sharedHint})
  } finally {
    await Promise.all(pools.map(async (pool) => pool.destroy()))
  }
}

const checkRounds = 5
const sharedMessage =
  'A connection pooler in transaction mode is between the shop and its database, and the shop needs sessions of its own.'
const sharedHint =
  'Set SHOP_PREPARED=off, use its session mode (PgBouncer: pool_mode = session), or connect to the server directly.'

/** A pooler tells its clients another process id than that of the server's session. */
async function isPooled(db: Knex): Promise<boolean> {
  return withConnection(db, async (client) => {
    const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid')
    return rows[0]?.pid !== internalsOf(client).processID
  })
}

async function findSession(pool: Knex): Promise<number> {
  return onlyRow(await query<{pid: number}>(pool, 'select pg_backend_pid() as pid')).pid
}

/**
 * A warning about a database whose locale is C: PostgreSQL then knows no upper-case letters but those of ASCII. Undefined
 * for any other database.
 */
export async function findLocaleProblem(db: Knex): Promise<string | undefined> {
  const {folds} = onlyRow(await query<{folds: boolean}>(db, `select lower('\u00c9\u0416') = '\u00e9\u0436' as folds`))
  if (folds) return undefined
  return (
    'The locale of the database (LC_CTYPE) is C, so searches distinguish upper and lower case in all letters but A to Z. ' +
    'To change that, create another database and load a dump of this one into it: create database NAME encoding ' +
    "'UTF8' locale_provider icu icu_locale 'und' locale 'C' template template0"
  )
}
