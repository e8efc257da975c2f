import {type Database, withDatabaseServer} from './database-server.ts'
import {placeEarlierOrders} from './earlier-orders.ts'
import {prepareRaw, prepareShop} from './prepare-database.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'
import {shopBin} from './shop-program.ts'

/** A shop that was filled and is served by one build. */
export type Shop = ShopProcess & Database & {bin: string}

export type Shops = {
  shop: Shop
  /** The shop of the build that this one is compared with. */
  other?: Shop
  /** The database of the raw transactions. */
  rawUrl: string
}

type Options = {workers: string; signal: AbortSignal}

/**
 * Runs the shop, and beside it the one of the build whose program is `otherBin`, if given, on an embedded PostgreSQL.
 * Everything ends when `run` ends, however it ends.
 */
export async function withShops<Result>(
  {otherBin, ...options}: Options & {otherBin?: string | undefined},
  run: (shops: Shops) => Promise<Result>,
): Promise<Result> {
  return withDatabaseServer(options.signal, async ({createDatabase}) => {
    const raw = await createDatabase('raw')
    await prepareRaw(raw.db)
    const rawUrl = raw.url
    return withShop(await createDatabase('bench'), shopBin, options, async (shop) => {
      if (otherBin === undefined) return run({shop, rawUrl})
      const database = await createDatabase('other')
      return withShop(database, otherBin, options, async (other) => run({shop, other, rawUrl}))
    })
  })
}

async function withShop<Result>(
  database: Database,
  bin: string,
  {workers, signal}: Options,
  run: (shop: Shop) => Promise<Result>,
): Promise<Result> {
  await prepareShop(database, bin, signal)
  return withShopProcess(database.url, {workers, bin}, async (process) => {
    await placeEarlierOrders(process.origin)
    return run({...process, ...database, bin})
  })
}
