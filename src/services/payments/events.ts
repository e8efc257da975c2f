import type {Knex} from 'knex'

import {prepare} from '../../db/pipeline/prepared.ts'
import {runPipelined, sent} from '../../db/pipeline/run-pipelined.ts'
import type {Gateway, ProviderEvent} from '../../gateways/gateway.ts'
import {grouped} from '../../grouped.ts'

export type ReceiveEvent = (event: ProviderEvent) => Promise<void>

/** Events of one transaction. */
const mostAtOnce = 100
/** A payment that somebody has locked for longer keeps other events waiting. The provider sends them again. */
const lockMs = 5000

/** `receiveEvents`, for events that come in one by one: those that come at the same time share a transaction. */
export function createReceiveEvent(db: Knex, gateway: Gateway): ReceiveEvent {
  return grouped(async (events: ProviderEvent[]) => {
    await receiveEvents(db, gateway, events)
    return events.map(() => undefined)
  }, mostAtOnce)
}

/**
 * One statement, so that an event is stored and its payment made due, or neither. Events and payments are locked in order, since
 * others may receive some of them at the same time. Nothing can follow for a payment that ended without money, as in `hurry`.
 */
const receive = prepare(
  'receive_payment_events',
  `with stored as (
     insert into payment_events (provider, event_id, type, provider_payment_id)
     select ?, event_id, type, payment_id
     from unnest(?::text[], ?::text[], ?::text[]) as received (event_id, type, payment_id)
     order by event_id
     on conflict do nothing
     returning provider, type, provider_payment_id
   ),
   told as (
     select payments.id
     from stored
     join payments on payments.provider = stored.provider and payments.provider_id = stored.provider_payment_id
     where state not in ('declined', 'cancelled') and not (state = 'captured' and type = any (?::text[]))
     order by payments.id
     for no key update of payments
   )
   update payments set next_try_at = statement_timestamp() where id in (select id from told)`,
)

/**
 * Stores verified events of a provider once, and lets the background work look at their payments: an event is a hint, and what
 * it says is read from the provider. Events that are repeated, late or about payments of somebody else change nothing, and
 * nor does one of a captured payment that tells how it came to be captured.
 */
export async function receiveEvents(
  db: Knex,
  {name, eventsUpToCapture}: Pick<Gateway, 'eventsUpToCapture' | 'name'>,
  events: readonly ProviderEvent[],
): Promise<void> {
  const stored = await runPipelined(db, {lockMs}, async (trx) =>
    Promise.resolve(
      sent(
        trx.send(receive, [
          name,
          events.map(({id}) => id),
          events.map(({type}) => type),
          events.map(({paymentId}) => paymentId),
          [...eventsUpToCapture],
        ]),
      ),
    ),
  )
  await stored.answer
}
