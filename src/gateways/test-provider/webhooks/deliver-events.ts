import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {settleAll} from '../payments.ts'
import {type EventRow, toEvent} from './events.ts'
import {createWebhook, type Webhook} from './webhook.ts'

export type Delivery = {
  url: string
  /** How often to send each event; 1 if omitted. */
  copies?: number
  /** Whether to send the events, and their copies, in random order. */
  isShuffled?: boolean
  /** How long to wait before an event that was not accepted is sent again; 10 s if omitted. Doubles with each try. */
  retryMs?: number
}

/** How many events a process takes at a time. */
const batchSize = 100
const atOnce = 8
const answerMs = 5000

/**
 * Sends the events that are due, and returns how many were accepted. Any number of processes can do so at once. An event
 * that is not accepted is sent again later, for three days.
 */
export async function deliverEvents(
  db: Knex,
  {url, copies = 1, isShuffled = false, retryMs = 10_000}: Delivery,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  await settleAll(db)
  let accepted = 0
  for (;;) {
    const rows = await leaseEvents(db, retryMs)
    if (rows.length === 0 || signal.aborted) return accepted

    const refused = new Set<number>()
    const parcels = rows.flatMap((row) => Array.from({length: copies}, () => row))
    await inTurns(isShuffled ? shuffle(parcels) : parcels, isShuffled ? atOnce : 1, async (row) => {
      if (!(await post(url, createWebhook(toEvent(row), secrets, new Date()), signal))) refused.add(row.id)
    })

    const done = rows.map(({id}) => id).filter((id) => !refused.has(id))
    await query(db, 'update test_provider.events set next_try_at = null where id = any(?::bigint[])', [done])
    accepted += done.length
    // The receiver has trouble: the rest can wait for the next time.
    if (refused.size > 0) return accepted
  }
}

/** Keeps events from other processes until their next try. A process that is killed thereby loses none. */
async function leaseEvents(db: Knex, retryMs: number): Promise<EventRow[]> {
  const rows = await query<EventRow>(
    db,
    `update test_provider.events
     set tries = tries + 1,
         next_try_at = case
           when created_at > clock_timestamp() - interval '3 days'
           then clock_timestamp() + least(?::float8 * 2 ^ least(tries, 20), 900000) * interval '1 ms'
         end
     where id in (
       select id from test_provider.events
       where next_try_at <= clock_timestamp()
       order by id
       limit ?
       for update skip locked
     )
     returning id, type, payment_id`,
    [retryMs, batchSize],
  )
  return rows.sort((one, other) => one.id - other.id)
}

async function post(url: string, {body, headers}: Webhook, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    // The receiver is away or slow, which a provider takes for a refusal.
    return false
  }
}

async function inTurns<Item>(items: Item[], lanes: number, run: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values()
  await Promise.all(
    Array.from({length: lanes}, async () => {
      for (const item of waiting) await run(item)
    }),
  )
}

function shuffle<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({item, rank: Math.random()}))
    .sort((one, other) => one.rank - other.rank)
    .map(({item}) => item)
}
