import {randomUUID} from 'node:crypto'

import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {type ProviderRefund, RefusedError} from '../gateway.ts'
import type {Outcome} from './outcomes.ts'
import {changePayment, lockPayment, type PaymentRow, recordEvent, requirePositive} from './payments.ts'

/** Captures an authorized payment, or part of it. What is left of it can no longer be captured. */
export async function capture(trx: Knex.Transaction, paymentId: string, amount: number): Promise<PaymentRow> {
  const row = await lockPayment(trx, paymentId)
  requireState(row, 'authorized')
  requirePositive(amount)
  if (amount > row.amount) throw new RefusedError('amount_too_large', 'That is more than was authorized.')
  return changePayment(trx, row, {state: 'captured', captured: amount})
}

/** Cancels a payment that has not moved money and is not about to. Any other stays as it is. */
export async function cancel(trx: Knex.Transaction, paymentId: string): Promise<PaymentRow> {
  const row = await lockPayment(trx, paymentId)
  if (row.state !== 'authorized' && row.state !== 'requires_action') return row
  return changePayment(trx, row, {state: 'cancelled'})
}

export async function completeAction(
  trx: Knex.Transaction,
  paymentId: string,
  outcome: 'fail' | 'succeed',
): Promise<PaymentRow> {
  const row = await lockPayment(trx, paymentId)
  requireState(row, 'requires_action')
  if (outcome === 'fail') {
    return changePayment(trx, row, {state: 'declined', decline_code: 'authentication_failed'})
  }
  return row.is_manual
    ? changePayment(trx, row, {state: 'authorized'})
    : changePayment(trx, row, {state: 'captured', captured: row.amount})
}

/** Refunds a captured payment, or part of it. Refunds that failed do not count towards what was captured. */
export async function refund(
  trx: Knex.Transaction,
  paymentId: string,
  {amount, key}: {amount: number; key: string},
): Promise<ProviderRefund> {
  const row = await lockPayment(trx, paymentId)
  requireState(row, 'captured')
  requirePositive(amount)
  if (amount > row.captured - row.refunded) {
    throw new RefusedError('amount_too_large', 'That is more than was captured and not refunded.')
  }
  const state = (await outcomeOf(trx, paymentId)) === 'refund_fails' ? 'failed' : 'succeeded'
  const id = `test_refund_${randomUUID().replaceAll('-', '')}`
  await query(trx, 'insert into test_provider.refunds (id, payment_id, amount, state, key) values (?, ?, ?, ?, ?)', [
    id,
    paymentId,
    amount,
    state,
    key,
  ])
  if (state === 'failed') await recordEvent(trx, 'refund.failed', paymentId)
  else await changePayment(trx, row, {refunded: row.refunded + amount}, 'refund.succeeded')
  return {id, amount, state}
}

export async function readRefund(db: Knex, refundId: string): Promise<ProviderRefund> {
  const [found] = await query<ProviderRefund>(db, 'select id, amount, state from test_provider.refunds where id = ?', [
    refundId,
  ])
  if (!found) throw new RefusedError('resource_missing', `There is no refund "${refundId}".`)
  return found
}

export async function findRefund(
  db: Knex,
  {paymentId, key}: {paymentId: string; key: string},
): Promise<ProviderRefund | undefined> {
  const [found] = await query<ProviderRefund>(
    db,
    'select id, amount, state from test_provider.refunds where payment_id = ? and key = ?',
    [paymentId, key],
  )
  return found
}

async function outcomeOf(trx: Knex.Transaction, paymentId: string): Promise<Outcome> {
  const {outcome} = onlyRow(
    await query<{outcome: Outcome}>(
      trx,
      `select outcome
       from test_provider.methods
       join test_provider.payments on payments.method_id = methods.id
       where payments.id = ?`,
      [paymentId],
    ),
  )
  return outcome
}

function requireState(row: PaymentRow, state: PaymentRow['state']): void {
  if (row.state === state) return
  throw new RefusedError('payment_unexpected_state', `The payment is ${row.state}, not ${state}.`)
}
