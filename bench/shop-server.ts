import type {Knex} from 'knex'

import {connect} from '../src/db/connect.ts'
import {acquireEmbeddedServer, type EmbeddedServer} from '../src/db/embedded/index.ts'
import {prepareRaw, prepareShop} from './prepare-database.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'
import {withTemporaryFolder} from './temporary-folder.ts'

export type Shop = ShopProcess & {
  db: Knex
  /** Of the database of the raw transactions. */
  rawUrl: string
}

/** An embedded PostgreSQL of its own with the shop on it, which both end with `run`, however it ends. */
export async function withShop<Result>(
  workers: string,
  signal: AbortSignal,
  run: (shop: Shop) => Promise<Result>,
): Promise<Result> {
  return withTemporaryFolder(signal, async (dataDir) =>
    withServer(dataDir, async (server, db) => {
      signal.throwIfAborted()
      await prepareShop(db)
      await prepareRaw(db, {...server.connection, database: 'raw'})
      const rawUrl = databaseUrl(server, 'raw')
      signal.throwIfAborted()
      return withShopProcess(databaseUrl(server, server.connection.database), workers, async (shop) =>
        run({...shop, db, rawUrl}),
      )
    }),
  )
}

async function withServer<Result>(
  dataDir: string,
  run: (server: EmbeddedServer, db: Knex) => Promise<Result>,
): Promise<Result> {
  const server = await acquireEmbeddedServer(dataDir)
  const db = connect(() => server.connection, {poolSize: 4})
  try {
    return await run(server, db)
  } finally {
    await db.destroy()
    await server.release()
  }
}

function databaseUrl({connection: {host, port, user, password}}: EmbeddedServer, database: string): string {
  const url = new URL(`postgres://${user}@localhost:${port}/${database}`)
  if (password !== undefined) url.password = password
  url.searchParams.set('host', host)
  return url.href
}
