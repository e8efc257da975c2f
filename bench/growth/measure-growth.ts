import {connect} from '../../src/db/connect.ts'
import {query} from '../../src/db/query.ts'
import {type Database, withDatabaseServer} from '../database-server.ts'
import type {Machine} from '../machine.ts'
import type {Pace} from '../pace.ts'
import {runShop} from '../shop-program.ts'
import {compareGrowth, type GrowthComparison} from './compare-growth.ts'
import {type GrownShop, openGrownShop, prepareGrownShop} from './grown-shop.ts'

type Options = {
  lines: number
  /** The URL of a server whose databases are kept. */
  server: string | undefined
  only: string
  pace: Pace
  signal: AbortSignal
  tell: (progress: string) => void
}

export async function measureGrowth({
  lines,
  server,
  ...options
}: Options): Promise<{machine: Machine; growth: GrowthComparison}> {
  if (server !== undefined) return withKeptDatabases(server, async (open) => compare(open))
  return withDatabaseServer(options.signal, async ({createDatabase}) =>
    compare(async (name) => ({database: await createDatabase(name), isNew: true})),
  )

  async function compare(open: (name: string) => Promise<OpenDatabase>) {
    const empty = await prepare(await open('growth_0'), 0)
    const grown = await prepare(await open(`growth_${lines}`), lines)
    return compareGrowth({empty, grown}, options)
  }

  async function prepare({database, isNew}: OpenDatabase, size: number): Promise<GrownShop> {
    if (isNew) await prepareGrownShop(database, size, options)
    else await runShop(['migrate'], {databaseUrl: database.url, signal: options.signal})
    return openGrownShop(database, size)
  }
}

type OpenDatabase = {database: Database; isNew: boolean}

async function withKeptDatabases<Result>(
  server: string,
  run: (open: (name: string) => Promise<OpenDatabase>) => Promise<Result>,
): Promise<Result> {
  const pools = [connect(() => ({connectionString: server}), {poolSize: 1})]
  try {
    return await run(async (name) => {
      const [root] = pools
      if (!root) throw new Error('There is no connection pool.')
      const url = new URL(server)
      url.pathname = name
      const isNew = (await query(root, 'select from pg_database where datname = ?', [name])).length === 0
      if (isNew) await root.raw('create database ??', [name])
      const db = connect(() => ({connectionString: url.href}), {poolSize: 8})
      pools.push(db)
      return {database: {db, url: url.href}, isNew}
    })
  } finally {
    await Promise.all(pools.map(async (pool) => pool.destroy()))
  }
}
