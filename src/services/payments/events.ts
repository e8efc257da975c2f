import type {Knex} from 'knex'

import {prepare, queryPrepared} from '../../db/pipeline/prepared.ts'
import type {Gateway, ProviderEvent} from '../../gateways/gateway.ts'

/**
 * One statement, so that an event is stored and its payment made due, or neither. Nothing can follow for a payment that ended
 * without money, as in `hurry`.
 */
const receive = prepare(
  'receive_payment_event',
  `with stored as (
     insert into payment_events (provider, event_id, type, provider_payment_id)
     values (?, ?, ?, ?)
     on conflict do nothing
     returning provider, provider_payment_id
   )
   update payments set next_try_at = statement_timestamp()
   from stored
   where payments.provider = stored.provider
     and payments.provider_id = stored.provider_payment_id
     and state not in ('declined', 'cancelled')
     and not (state = 'captured' and ?::boolean)`,
)

/**
 * Stores a verified event of a provider once, and lets the background work look at its payment: an event is a hint, and what
 * it says is read from the provider. Events that are repeated, late or about payments of somebody else change nothing, and
 * nor does one of a captured payment that tells how it came to be captured.
 */
export async function receiveEvent(
  db: Knex,
  {name, eventsUpToCapture}: Pick<Gateway, 'eventsUpToCapture' | 'name'>,
  {id, type, paymentId}: ProviderEvent,
): Promise<void> {
  await queryPrepared(db, receive, [name, id, type, paymentId, eventsUpToCapture.has(type)])
}
