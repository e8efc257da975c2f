import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../../gateways/gateway.ts'

/** The outcome of a call that did nothing, and may succeed later. */
export const busy = 'busy'

/** A call to the provider, which was recorded before it was made. The key is null if the call changes nothing. */
export type Attempt = {operation: string; key: string | null}

export async function recordAnswer(
  db: Knex,
  paymentId: number,
  {operation, key}: Attempt,
  outcome: string,
): Promise<void> {
  await query(
    db,
    `insert into payment_attempts (payment_id, operation, key, event, outcome) values (?, ?, ?, 'answered', ?)`,
    [paymentId, operation, key, outcome],
  )
}

/** There was no answer to go by. */
export type Failure = {kind: 'failure'; outcome: string; isUnknown: boolean}

/** Throws what is not a failure of the provider. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RefusedError) return {kind: 'failure', outcome: `refused: ${error.code}`, isUnknown: false}
  if (error instanceof ProviderBusyError) return {kind: 'failure', outcome: busy, isUnknown: false}
  if (error instanceof UnknownOutcomeError) return {kind: 'failure', outcome: 'unknown', isUnknown: true}
  throw error
}
