import type {Knex} from 'knex'

import type {DatabaseLocation} from '../config.ts'
import {requireOwnSessions, requireUsableServer} from './check-server.ts'
import {connect, type PoolOptions, serverConnection} from './connect.ts'
import type {ConnectionSettings} from './hosts.ts'
import {Primary} from './open-connection.ts'
import {type Patience, waitForDatabase} from './wait-for-database.ts'

export type Database = {
  db: Knex
  /** Opens another connection pool on the same database. `close` closes it, too. */
  openPool: (options: PoolOptions) => Knex
  /** How to connect to it now. */
  settings: () => ConnectionSettings
  close: () => Promise<void>
}

type Source = {
  /** Asked for each new connection. */
  settings: () => ConnectionSettings
  release: () => Promise<void>
}

export type OpenOptions = PoolOptions &
  Omit<Patience, 'seconds' | 'signal'> & {
    waitSeconds: number
    /** How long an embedded server stays up after the last process that uses it. */
    lingerSeconds?: number
  }

/** Connects to the shop's database once it answers, and starts the embedded server if that is the one. */
export async function openDatabase(location: DatabaseLocation, options: OpenOptions): Promise<Database> {
  const {waitSeconds, onWait, lingerSeconds = 0, ...poolOptions} = options
  const {prepared, signal} = poolOptions
  const {settings, release} = await locate(location, lingerSeconds)
  const pools: Knex[] = []
  const primary = new Primary()
  const openPool = (one: PoolOptions): Knex => {
    const pool = connect(settings, {primary, ...(signal && {signal}), ...(prepared === false && {prepared}), ...one})
    pools.push(pool)
    return pool
  }
  const close = async (): Promise<void> => {
    await Promise.all(pools.map(async (pool) => pool.destroy()))
    await release()
  }

  const db = openPool(poolOptions)
  try {
    await waitForDatabase(db, {seconds: waitSeconds, ...(onWait && {onWait}), ...(signal && {signal})})
    await requireUsableServer(db)
    if (poolOptions.prepared !== false) await requireOwnSessions(db, openPool)
  } catch (error) {
    await close()
    throw error
  }
  return {db, openPool, settings, close}
}

async function locate(location: DatabaseLocation, lingerSeconds: number): Promise<Source> {
  if (location.kind !== 'embedded') {
    const settings = serverConnection(location)
    return {settings: () => settings, release: async () => Promise.resolve()}
  }
  // Imported here because a shop with a database of its own needs none of it.
  const {acquireEmbeddedServer} = await import('./embedded/index.ts')
  const server = await acquireEmbeddedServer(location.dataDir)
  return {settings: () => server.connection, release: async () => server.release({lingerSeconds})}
}
