import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'
import {type OrderRecord, readOrderRecord} from '../../orders/record.ts'
import {findPaymentOfOrder, type Payment} from '../payment.ts'
import {findRefunds, type Refund} from '../refunds.ts'

/** A payment as operators see it. */
export type PaymentRecord = Payment & {
  /** When the background work looks at it again; null if nothing more is tried. */
  nextTryAt: string | null
  /** Oldest first. */
  refunds: Refund[]
  /** How often something was sent to the provider, or answered by it. */
  attemptCount: number
  /** The latest of these, oldest first. */
  attempts: PaymentAttempt[]
}

export type PaymentAttempt = {
  at: string
  operation: string
  event: 'answered' | 'sent'
  /** What the provider answered. */
  outcome: string | null
}

/** A payment that is processed for days is asked about some hundred times. */
const shownAttempts = 20

export type PaidOrderRecord = {order: OrderRecord; payment: PaymentRecord | undefined}

/** An order and its payment, from one snapshot. Throws UnknownOrderError. */
export async function findPaidOrderRecord(db: Knex, orderId: number): Promise<PaidOrderRecord> {
  return db.transaction(
    async (trx) => ({order: await readOrderRecord(trx, orderId), payment: await readPaymentRecord(trx, orderId)}),
    {isolationLevel: 'repeatable read', readOnly: true},
  )
}

/** The payment of an order that has one. */
export async function findPaymentRecord(db: Knex, orderId: number): Promise<PaymentRecord> {
  const {payment} = await findPaidOrderRecord(db, orderId)
  if (!payment) throw new Error(`Order ${orderId} has no payment.`)
  return payment
}

async function readPaymentRecord(trx: Knex.Transaction, orderId: number): Promise<PaymentRecord | undefined> {
  const payment = await findPaymentOfOrder(trx, orderId)
  if (!payment) return undefined
  const details = await query<Pick<PaymentRecord, 'attemptCount' | 'nextTryAt'>>(
    trx,
    `select next_try_at as "nextTryAt",
            (select count(*) from payment_attempts where payment_id = payments.id) as "attemptCount"
     from payments
     where id = ?`,
    [payment.id],
  )
  const attempts = await query<PaymentAttempt>(
    trx,
    `select at, operation, event, outcome from payment_attempts where payment_id = ? order by id desc limit ?`,
    [payment.id, shownAttempts],
  )
  const refunds = await findRefunds(trx, payment.id)
  return {...payment, ...onlyRow(details), refunds, attempts: attempts.reverse()}
}
