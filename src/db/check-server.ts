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
