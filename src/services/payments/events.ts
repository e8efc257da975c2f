import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {ProviderEvent} from '../../gateways/gateway.ts'
import {hurry} from './advance.ts'

/**
 * Stores a verified event of a provider once, and lets the background work look at its payment: an event is a hint, and what
 * it says is read from the provider. Events that are repeated, late or about payments of somebody else change nothing.
 */
export async function receiveEvent(db: Knex, provider: string, {id, type, paymentId}: ProviderEvent): Promise<void> {
  await db.transaction(async (trx) => {
    const stored = await query(
      trx,
      `insert into payment_events (provider, event_id, type, provider_payment_id)
       values (?, ?, ?, ?)
       on conflict do nothing
       returning event_id`,
      [provider, id, type, paymentId],
    )
    if (stored.length > 0 && paymentId !== null) await hurry(trx, {provider, providerId: paymentId})
  })
}
