import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {parseTime} from '../../times.ts'
import {type PaymentState, type ProviderPayment, RefusedError} from '../gateway.ts'

/** A payment in the table, or in the JSON of an answer that was kept. */
export type PaymentRow = {
  id: string
  reference: string | null
  customer_id: string
  amount: number
  currency: string
  is_manual: boolean
  captured: number
  refunded: number
  state: PaymentState['kind']
  decline_code: string | null
  return_url: string | null
  created_at: string
}

/** Where the user completes the action of a payment. */
export type ActionUrl = (paymentId: string) => string

export function toPayment(row: PaymentRow, actionUrl: ActionUrl): ProviderPayment {
  return {
    id: row.id,
    reference: row.reference,
    customerId: row.customer_id,
    money: {amount: row.amount, currency: row.currency},
    captured: row.captured,
    refunded: row.refunded,
    state: stateOf(row, actionUrl),
    createdAt: parseTime(row.created_at) ?? row.created_at,
  }
}

function stateOf({id, state, decline_code}: PaymentRow, actionUrl: ActionUrl): PaymentState {
  if (state === 'declined') return {kind: state, code: decline_code ?? 'card_declined'}
  if (state === 'requires_action') return {kind: state, nextAction: {type: 'redirect', url: actionUrl(id)}}
  return {kind: state}
}

const columns = `
  id, reference, customer_id, amount, currency, is_manual, captured, refunded, state, decline_code, return_url, created_at`

export async function readPayment(db: Knex, paymentId: string): Promise<PaymentRow> {
  await settle(db, paymentId)
  return requirePayment(
    await query(db, `select ${columns} from test_provider.payments where id = ?`, [paymentId]),
    paymentId,
  )
}

/** Reads a payment to change it. */
export async function lockPayment(trx: Knex.Transaction, paymentId: string): Promise<PaymentRow> {
  await settle(trx, paymentId)
  return requirePayment(
    await query(trx, `select ${columns} from test_provider.payments where id = ? for update`, [paymentId]),
    paymentId,
  )
}

function requirePayment([row]: PaymentRow[], paymentId: string): PaymentRow {
  if (!row) throw new RefusedError('resource_missing', `There is no payment "${paymentId}".`)
  return row
}

export async function findPayment(
  db: Knex,
  {reference, customerId}: {reference: string; customerId: string},
): Promise<PaymentRow | undefined> {
  await settleAll(db)
  const [row] = await query<PaymentRow>(
    db,
    `select ${columns} from test_provider.payments
     where reference = ? and customer_id = ?
     order by created_at desc, id desc
     limit 1`,
    [reference, customerId],
  )
  return row
}

export const pageSize = 100

/** A page of the payments since a time, the latest first, which begins after a payment of the page before. */
export async function listPage(
  db: Knex,
  since: string,
  after?: Pick<PaymentRow, 'created_at' | 'id'>,
): Promise<PaymentRow[]> {
  await settleAll(db)
  return query<PaymentRow>(
    db,
    `select ${columns} from test_provider.payments
     where created_at >= ? and (created_at, id) < (coalesce(?::timestamptz, 'infinity'), ?)
     order by created_at desc, id desc
     limit ?`,
    [since, after?.created_at ?? null, after?.id ?? '', pageSize],
  )
}

/** Writes what a payment has become, and records an event of it. */
export async function changePayment(
  trx: Knex.Transaction,
  row: PaymentRow,
  change: Partial<Pick<PaymentRow, 'captured' | 'decline_code' | 'refunded' | 'state'>>,
  eventType?: string,
): Promise<PaymentRow> {
  const changed = {...row, ...change}
  await query(
    trx,
    'update test_provider.payments set captured = ?, refunded = ?, state = ?, decline_code = ? where id = ?',
    [changed.captured, changed.refunded, changed.state, changed.decline_code, row.id],
  )
  await recordEvent(trx, eventType ?? `payment.${changed.state}`, row.id)
  return changed
}

export async function recordEvent(db: Knex, type: string, paymentId: string | null): Promise<void> {
  await query(db, 'insert into test_provider.events (type, payment_id) values (?, ?)', [type, paymentId])
}

/** Ends the processing of a payment whose time has come. */
async function settle(db: Knex, paymentId: string): Promise<void> {
  await query(db, settleWhere('id = ?'), [paymentId])
}

/** Ends the processing of all payments whose time has come, apart from those that another process is changing. */
export async function settleAll(db: Knex): Promise<void> {
  await query(
    db,
    settleWhere(`id in (
    select id from test_provider.payments where settles_at <= clock_timestamp() for update skip locked
  )`),
  )
}

function settleWhere(condition: string): string {
  return `
    with settled as (
      update test_provider.payments
      set state = settles_to,
          captured = case settles_to when 'captured' then amount else 0 end,
          decline_code = case settles_to when 'declined' then 'card_declined' end,
          settles_to = null,
          settles_at = null
      where settles_at <= clock_timestamp() and ${condition}
      returning id, state
    )
    insert into test_provider.events (type, payment_id)
    select 'payment.' || state, id from settled`
}

export function requirePositive(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 1) {
    throw new RefusedError('amount_invalid', 'An amount must be a positive whole number of minor units.')
  }
}
