import type {Knex} from 'knex'

import {connect} from '../src/db/connect.ts'
import type {ConnectionSettings} from '../src/db/hosts.ts'
import {acquireEmbeddedServer} from '../src/db/embedded/index.ts'
import {withTemporaryFolder} from './temporary-folder.ts'

export type Database = {db: Knex; url: string}

export type DatabaseServer = {createDatabase: (name: string) => Promise<Database>}

/** Starts an embedded PostgreSQL for `run`, and stops it when `run` ends, however it ends. */
export async function withDatabaseServer<Result>(
  signal: AbortSignal,
  run: (server: DatabaseServer) => Promise<Result>,
): Promise<Result> {
  return withTemporaryFolder(signal, async (dataDir) => {
    const server = await acquireEmbeddedServer(dataDir)
    const pools: Knex[] = []
    const open = (database: string): Database => {
      const settings = {...server.connection, database}
      const db = connect(() => settings, {poolSize: 4})
      pools.push(db)
      return {db, url: databaseUrl(settings)}
    }
    try {
      const {db: anyDatabase} = open(server.connection.database)
      return await run({
        async createDatabase(name) {
          signal.throwIfAborted()
          await anyDatabase.raw('create database ??', [name])
          return open(name)
        },
      })
    } finally {
      await Promise.all(pools.map(async (db) => db.destroy()))
      await server.release()
    }
  })
}

function databaseUrl({host, port, user, password, database}: Extract<ConnectionSettings, {host: string}>): string {
  const url = new URL(`postgres://${user}@localhost:${port}/${database}`)
  if (password !== undefined) url.password = password
  url.searchParams.set('host', host)
  return url.href
}
