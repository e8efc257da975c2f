import {fileURLToPath} from 'node:url'

import type {Knex} from 'knex'

import {readConfig} from './src/config.ts'
import {serverConnection} from './src/db/connect.ts'
import {readHosts} from './src/db/hosts.ts'
import {migrationSource} from './src/db/migrate.ts'

/** For Knex's own command line, on a database that is given: `npx knex --knexfile dist/knexfile.js migrate:status`. */
const config: Knex.Config = {
  client: 'pg',
  // A function, so that importing this file never throws.
  connection: () => {
    const {database} = readConfig(process.env, {dataDir: ''})
    if (database.kind === 'embedded') throw new Error('Set DATABASE_URL, or use `shop migrate` for the embedded one.')
    const {all} = readHosts(serverConnection(database))
    if (all.length > 1) throw new Error('Set DATABASE_URL to the one host that accepts writes, or use `shop migrate`.')
    return all[0].settings
  },
  migrations: {migrationSource},
  seeds: {directory: fileURLToPath(new URL('seeds', import.meta.url))},
}

export default config
