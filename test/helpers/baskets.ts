import type {Knex} from 'knex'

import type {Basket} from '../../src/services/baskets/basket.ts'
import {defaultHoldSettings, type HoldSettings} from '../../src/hold-settings.ts'
import {type Change, type Checkout, newChange, newCheckout, type Job} from '../../src/services/checkout/jobs.ts'
import {type BatchOutcome, placeBatch} from '../../src/services/checkout/place-batch.ts'

/** Decides jobs in one batch, as the checkout queue does. */
export async function decideJobs(db: Knex, jobs: Job[], holds: Partial<HoldSettings> = {}): Promise<BatchOutcome[]> {
  return placeBatch(db, jobs, {lockMs: 5000, holds: {...defaultHoldSettings, ...holds}})
}

export function change(userId: number, what: Change): ReturnType<typeof newChange> {
  return newChange({userId, change: what, currency: 'USD'})
}

export function setItem(userId: number, productId: number, quantity: number): ReturnType<typeof newChange> {
  return change(userId, {kind: 'set', item: {productId, quantity}})
}

export function checkout(userId: number, options: Partial<Parameters<typeof newCheckout>[0]> = {}): Checkout {
  return newCheckout({userId, currency: 'USD', ...options})
}

/** `changed`, `placed`, `locked`, or the code of the refusal. */
export function codeOf(outcome: BatchOutcome | undefined): string {
  if (outcome?.status === 'refused') return outcome.error.code
  if (outcome?.status === 'failed') throw outcome.error
  return outcome?.status ?? 'missing'
}

export function basketOf(outcome: BatchOutcome | undefined): Basket | undefined {
  return outcome?.status === 'changed' ? outcome.basket : undefined
}

/** Makes the holds of a basket look as if they had expired some seconds ago. */
export async function expireHolds(db: Knex, basketId: number | null | undefined): Promise<void> {
  await db('stock_reservations')
    .where({basket_id: basketId})
    .update({expires_at: db.raw(`statement_timestamp() - interval '1 second'`)})
}
