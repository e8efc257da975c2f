import type {Knex} from 'knex'

import type {DatabaseLocation} from '../config.ts'
import {connect, type ConnectionSettings, serverConnection, waitForDatabase} from './connect.ts'

export type Database = {
  db: Knex
  close: () => Promise<void>
}

type Source = {
  /** Called for each new connection. */
  settings: () => ConnectionSettings
  release: () => Promise<void>
}

/** Waits for the shop's database and connects to it. Starts the embedded server if that is the shop's database. */
export async function openDatabase(
  location: DatabaseLocation,
  options: {poolSize: number; waitSeconds: number},
): Promise<Database> {
  const {settings, release} = await locate(location)
  const db = connect(settings, options)
  const close = async (): Promise<void> => {
    await db.destroy()
    await release()
  }
  try {
    await waitForDatabase(db, {seconds: options.waitSeconds})
  } catch (error) {
    await close()
    throw error
  }
  return {db, close}
}

async function locate(location: DatabaseLocation): Promise<Source> {
  if (location.kind !== 'embedded') {
    const settings = serverConnection(location)
    return {settings: () => settings, release: async () => Promise.resolve()}
  }
  // Loaded only here, since a shop with another database needs none of it.
  const {acquireEmbeddedServer} = await import('./embedded/index.ts')
  const server = await acquireEmbeddedServer(location.dataDir)
  return {settings: () => server.connection, release: server.release}
}
