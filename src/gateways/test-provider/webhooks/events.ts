import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import type {ProviderEvent} from '../../gateway.ts'
import {settleAll} from '../payments.ts'

export type EventRow = {id: number; type: string; payment_id: string | null}

export function toEvent({id, type, payment_id}: EventRow): ProviderEvent {
  return {id: `test_event_${id}`, type, paymentId: payment_id}
}

/** The events of a payment, or all, the oldest first. */
export async function listEvents(db: Knex, paymentId?: string): Promise<ProviderEvent[]> {
  await settleAll(db)
  const rows = await query<EventRow>(
    db,
    'select id, type, payment_id from test_provider.events where ?::text is null or payment_id = ? order by id',
    [paymentId ?? null, paymentId ?? null],
  )
  return rows.map(toEvent)
}
