import {createHash, randomBytes} from 'node:crypto'

import type {Knex} from 'knex'

import {query} from '../../src/db/query.ts'
import type {Database} from '../database-server.ts'
import {prepareShop} from '../prepare-database.ts'
import {shopBin} from '../shop-program.ts'
import {fillHistory, heavy, light} from './fill-history.ts'

/** A shop whose tables have some history, and what the requests of the benchmark use of it. */
export type GrownShop = Database & {
  lines: number
  /** Of users picked at random, who place the orders. */
  buyers: string[]
  lightToken: string
  heavyToken: string
}

const buyerCount = 5000

export async function prepareGrownShop(
  database: Database,
  lines: number,
  {signal, tell}: {signal: AbortSignal; tell: (progress: string) => void},
): Promise<void> {
  const {db} = database
  await prepareShop(database, shopBin, signal)
  await (lines > 0 ? fillHistory(db, lines, tell) : fillUsers(db))
}

/** Gives buyers, and the users with known histories, new tokens. */
export async function openGrownShop(database: Database, lines: number): Promise<GrownShop> {
  const {db} = database
  const buyers = await query<{id: number}>(db, 'select id from users order by random() limit ?', [buyerCount])
  const ids = [light.id, heavy.id, ...buyers.map(({id}) => id)]
  const tokens = ids.map(() => randomBytes(20).toString('hex'))
  const hashes = tokens.map((token) => createHash('sha256').update(token).digest())
  await query(
    db,
    `insert into auth_tokens (token_hash, user_id)
     select token_hash, user_id from unnest(?::bytea[], ?::bigint[]) as new (token_hash, user_id)`,
    [hashes, ids],
  )
  const [lightToken = '', heavyToken = '', ...others] = tokens
  return {...database, lines, buyers: others, lightToken, heavyToken}
}

async function fillUsers(db: Knex): Promise<void> {
  await query(
    db,
    `insert into users (id, username, password_hash)
     select id, case id when ?::bigint then ? when ?::bigint then ? else 'bench' || id end, 'unusable'
     from generate_series(?::bigint, ?::bigint) as id`,
    [light.id, light.username, heavy.id, heavy.username, light.id, light.id + buyerCount + 1],
  )
}
