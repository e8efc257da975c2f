import type {Knex} from 'knex'

import {withDatabaseServer} from './database-server.ts'
import {prepareRaw, prepareShop} from './prepare-database.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'

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
  return withDatabaseServer(signal, async ({createDatabase}) => {
    const {db, url} = await createDatabase('bench')
    await prepareShop(db)
    const raw = await createDatabase('raw')
    await prepareRaw(raw.db)
    signal.throwIfAborted()
    return withShopProcess(url, workers, async (shop) => run({...shop, db, rawUrl: raw.url}))
  })
}
