import {Agent, request, type RequestOptions} from 'node:http'
import {urlToHttpOptions} from 'node:url'

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
const atOnce = 32
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
  const agent = new Agent({keepAlive: true, maxSockets: atOnce})
  const options = {...urlToHttpOptions(new URL(url)), method: 'POST', agent, timeout: answerMs}
  const end = (): void => {
    agent.destroy()
  }
  signal.addEventListener('abort', end)
  try {
    let accepted = 0
    for (;;) {
      const rows = await leaseEvents(db, retryMs)
      if (rows.length === 0 || signal.aborted) return accepted

      const refused = new Set<number>()
      const parcels = rows.flatMap((row) => Array.from({length: copies}, () => row))
      await inTurns(isShuffled ? shuffle(parcels).map((row) => [row]) : byPayment(parcels), async (row) => {
        const webhook = createWebhook(toEvent(row), secrets, new Date())
        if (signal.aborted || !(await post(options, webhook))) refused.add(row.id)
      })

      const done = rows.map(({id}) => id).filter((id) => !refused.has(id))
      await query(db, 'update test_provider.events set next_try_at = null where id = any(?::bigint[])', [done])
      accepted += done.length
      // The receiver has trouble: the rest can wait for the next time.
      if (refused.size > 0) return accepted
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
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
       where next_try_at <= statement_timestamp()
       order by next_try_at, id
       limit ?
       for update skip locked
     )
     returning id, type, payment_id`,
    [retryMs, batchSize],
  )
  return rows.sort((one, other) => one.id - other.id)
}

/** Not with `fetch`, which takes three times the CPU time, in a process that serves a shop meanwhile. */
async function post(options: RequestOptions, {body, headers}: Webhook): Promise<boolean> {
  return new Promise((resolve) => {
    // The receiver is away or slow, which a provider takes for a refusal.
    const refuse = (): void => {
      resolve(false)
    }
    const sending = request({...options, headers}, (response) => {
      const {statusCode = 500} = response
      response
        .resume()
        .on('error', refuse)
        .on('end', () => {
          resolve(statusCode >= 200 && statusCode < 300)
        })
    })
    sending
      .on('timeout', () => sending.destroy())
      .on('error', refuse)
      .on('close', refuse)
      .end(body)
  })
}

/** Rows of a payment stay in order. */
function byPayment(rows: EventRow[]): EventRow[][] {
  const lists = new Map<string | null, EventRow[]>()
  for (const row of rows) lists.set(row.payment_id, [...(lists.get(row.payment_id) ?? []), row])
  return [...lists.values()]
}

/** Works on some lists at a time, and on the items of each in order. */
async function inTurns<Item>(lists: Item[][], run: (item: Item) => Promise<void>): Promise<void> {
  const waiting = lists.values()
  await Promise.all(
    Array.from({length: atOnce}, async () => {
      for (const list of waiting) for (const item of list) await run(item)
    }),
  )
}

function shuffle<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({item, rank: Math.random()}))
    .sort((one, other) => one.rank - other.rank)
    .map(({item}) => item)
}
