import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {prepare} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import {runPipelined, sent} from '../../db/pipeline/run-pipelined.ts'
import {DatabaseUnavailableError} from '../../errors.ts'
import type {Gateway, ProviderEvent} from '../../gateways/gateway.ts'
import {grouped} from '../../grouped.ts'

export type ReceiveEvent = (event: ProviderEvent) => Promise<void>

type Receiver = Pick<Gateway, 'eventsUpToCapture' | 'name'>

/** Events of one transaction. */
const mostAtOnce = 100
/** An event of a payment that somebody has locked for longer is refused. The provider sends it again. */
const defaultLockMs = 5000
/** How often a locked payment is tried. Settling a payment takes about as long. */
const lockedPauseMs = 20

/**
 * Returns a function that stores verified events of a provider once, and lets the background work look at their payments: an
 * event is a hint, and what it says is read from the provider. Events that are repeated, late or about payments of somebody
 * else change nothing, and nor does one of a captured payment that tells how it came to be captured.
 *
 * Events that come at the same time share a transaction. One whose payment is locked goes with the next ones, instead of
 * keeping the others waiting.
 */
export function createReceiveEvent(db: Knex, gateway: Receiver, {lockMs = defaultLockMs} = {}): ReceiveEvent {
  const store = grouped(async (events: ProviderEvent[]) => {
    const locked = await storeUnlocked(db, gateway, events)
    return events.map(({id}) => !locked.has(id))
  }, mostAtOnce)

  return async (event) => {
    const end = performance.now() + lockMs
    while (!(await store(event))) {
      if (performance.now() > end) throw new DatabaseUnavailableError('The payment of the event is locked.')
      await delay(lockedPauseMs)
    }
  }
}

/** Nothing can follow for a payment that ended without money, as in `hurry`. */
const isNews = `state not in ('declined', 'cancelled') and not (state = 'captured' and is_up_to_capture)`

/**
 * One statement, so that an event is stored and its payment made due, or neither. Events are written in order, since others
 * may receive some of them at the same time, and no payment is waited for. Returns the events that were left out.
 */
const storeStatement = prepare(
  'store_payment_events',
  `with received as (
     select event_id, type, payment_id, type = any (?::text[]) as is_up_to_capture
     from unnest(?::text[], ?::text[], ?::text[]) as received (event_id, type, payment_id)
   ),
   news as (
     select event_id, is_up_to_capture, payments.id
     from received
     join ${rowsByKey('payments', 'provider = ? and provider_id = payment_id')} on true
     where ${isNews}
   ),
   told as (
     select event_id, payments.id
     from news
     join payments using (id)
     where payments.id = any (array(select id from news)) and ${isNews}
     order by payments.id
     for no key update of payments skip locked
   ),
   locked as (select event_id from news except select event_id from told),
   stored as (
     insert into payment_events (provider, event_id, type, provider_payment_id)
     select ?, event_id, type, payment_id
     from received
     where event_id not in (select event_id from locked)
     order by event_id
     on conflict do nothing
     returning event_id
   ),
   due as (
     update payments set next_try_at = statement_timestamp()
     where id = any (array(select id from told join stored using (event_id)))
   )
   select event_id as id from locked`,
)

/** Returns the ids of the events whose payments somebody has locked: nothing became of them. */
async function storeUnlocked(
  db: Knex,
  {name, eventsUpToCapture}: Receiver,
  events: readonly ProviderEvent[],
): Promise<Set<string>> {
  const locked = await runPipelined(db, {lockMs: defaultLockMs}, async (trx) =>
    Promise.resolve(
      sent(
        trx.send<{id: string}>(storeStatement, [
          [...eventsUpToCapture],
          events.map(({id}) => id),
          events.map(({type}) => type),
          events.map(({paymentId}) => paymentId),
          ...[name, name],
        ]),
      ),
    ),
  )
  return new Set((await locked.answer).map(({id}) => id))
}
