import type {Knex} from 'knex'

import type {DatabaseLocation} from '../config.ts'
import {DatabaseUnavailableError} from '../errors.ts'
import {connect, serverConnection, waitForDatabase} from './connect.ts'

export type Database = {
  db: Knex
  close: () => Promise<void>
}

/** Connects to the shop's database once it answers, starting the embedded server where that is the one. */
export async function openDatabase(
  location: DatabaseLocation,
  options: {poolSize: number; waitSeconds: number},
): Promise<Database> {
  if (location.kind === 'embedded') throw new DatabaseUnavailableError('Set DATABASE_URL.')
  const db = connect(serverConnection(location), options)
  try {
    await waitForDatabase(db, {seconds: options.waitSeconds})
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {db, close: async () => db.destroy()}
}
