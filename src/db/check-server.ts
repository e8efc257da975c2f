import type {Knex} from 'knex'

import {DatabaseUnavailableError} from '../errors.ts'
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
