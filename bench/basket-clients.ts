import {createHash, randomBytes} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Knex} from 'knex'

import {query} from '../src/db/query.ts'
import {HttpConnection, type HttpRequest} from './http-connection.ts'
import {timeRequest} from './load.ts'
import {measured, type Measured} from './statistics.ts'

/** A buyer of the benchmark, with a login. */
export type Buyer = {id: number; token: string}

export type Step = {request: () => HttpRequest; status: number}

/** What a client does again and again; it counts once, however many steps it has. */
export type Round = (buyer: Buyer, round: number) => Step[]

export async function addBuyers(db: Knex, count: number): Promise<Buyer[]> {
  const tokens = Array.from({length: count}, () => randomBytes(20).toString('hex'))
  const hashes = tokens.map((token) => createHash('sha256').update(token).digest())
  const rows = await query<{id: number; n: number}>(
    db,
    `with added as (
       insert into users (username, password_hash)
       select 'buyer ' || n || ' ' || gen_random_uuid(), '!' from generate_series(1, ?::int) as n
       returning id
     ),
     buyer as (select id, row_number() over (order by id) as n from added),
     issued as (
       insert into auth_tokens (token_hash, user_id)
       select token_hash, id
       from unnest(?::bytea[]) with ordinality as token (token_hash, n)
       join buyer using (n)
     )
     select id, n from buyer order by n`,
    [count, hashes],
  )
  return rows.map(({id, n}) => ({id, token: tokens[n - 1] ?? ''}))
}

/**
 * Keeps one connection of each buyer busy for some seconds, or has it start a round at a pace. Throws at the first answer
 * with another status than expected.
 */
export async function measureBuyers(
  origin: string,
  buyers: Buyer[],
  round: Round,
  {seconds, perSecond, signal}: {seconds: number; perSecond?: number; signal: AbortSignal},
): Promise<Measured> {
  const clients = buyers.map((buyer) => ({buyer, connection: new HttpConnection(origin)}))
  try {
    await Promise.all(clients.map(async ({connection}) => connection.opened()))
    const latencies: number[] = []
    const start = performance.now()
    await Promise.all(
      clients.map(async ({buyer, connection}, index) => {
        // At a pace, the clients begin one after the other.
        const pause = perSecond === undefined ? 0 : (clients.length / perSecond) * 1000
        const began = start + (pause * index) / clients.length
        for (let count = 0; performance.now() < start + seconds * 1000; count++) {
          if (pause > 0) await sleep(Math.max(began + count * pause - performance.now(), 0), undefined, {signal})
          let latency = 0
          for (const step of round(buyer, count)) latency += await timeRequest(connection, step)
          latencies.push(latency)
        }
      }),
    )
    return measured(latencies, (performance.now() - start) / 1000)
  } finally {
    for (const {connection} of clients) connection.close()
  }
}

export function holdStep(productId: number, quantity: number, {token}: Buyer): Step {
  const path = `/basket/items/${productId}/`
  return {request: () => ({method: 'PUT', path, token, body: {quantity}}), status: 200}
}

export function releaseStep(productId: number, {token}: Buyer): Step {
  return {request: () => ({method: 'DELETE', path: `/basket/items/${productId}/`, token}), status: 200}
}

export function checkoutStep({token}: Buyer, body: {payment_method?: 'default'} = {}): Step {
  return {request: () => ({method: 'POST', path: '/basket/checkout/', token, body}), status: 201}
}

export function orderStep(productId: number, {token}: Buyer): Step {
  const body = {items: [{product_id: productId, quantity: 1}]}
  return {request: () => ({method: 'PUT', path: '/orders/create/', token, body}), status: 201}
}
