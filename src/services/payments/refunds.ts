import type {Knex} from 'knex'

import {type Gateway, isGatewayError, type ProviderRefund, RefusedError} from '../../gateways/gateway.ts'
import type {Currency} from '../../money.ts'
import {onlyRow, query} from '../../db/query.ts'
import {noteWriteOfOrder} from '../../db/replicas/recent-writes.ts'
import {type Operator, operatorColumns} from '../operator.ts'
import {type Attempt, failureOf, recordAnswer} from './attempts.ts'
import {refundKey, refundKeyInSql} from './keys.ts'
import {withTimeLimit} from './time-limit.ts'
import {backOff, defaultCallMs, leaseSeconds, repeatHours} from './timing.ts'

export type Refund = {
  id: number
  /** In minor units of the payment's currency. */
  amount: number
  state: 'failed' | 'pending' | 'requested' | 'submitted' | 'succeeded'
  /** The provider's code of a refusal. */
  failure: string | null
  createdAt: string
  /** Who refunded with a command; null for a buyer who cancelled. */
  operator: string | null
  note: string | null
}

/** Of a payment, oldest first. */
export async function findRefunds(db: Knex, paymentId: number): Promise<Refund[]> {
  return query<Refund>(
    db,
    `select id, amount, state, failure, created_at as "createdAt", operator, note from refunds where payment_id = ? order by id`,
    [paymentId],
  )
}

/** The refund of a payment that has this reference, a UUID. */
export async function findRefundByReference(
  db: Knex,
  paymentId: number,
  reference: string,
): Promise<Pick<Refund, 'amount' | 'id'> | undefined> {
  const [refund] = await query<Pick<Refund, 'amount' | 'id'>>(
    db,
    'select id, amount from refunds where payment_id = ? and reference = ?::uuid',
    [paymentId, reference],
  )
  return refund
}

/** The latest refund of a payment that is as large, if it was asked for within a day or is not finished. */
export async function findSimilarRefund(
  db: Knex,
  paymentId: number,
  amount: number,
): Promise<Pick<Refund, 'createdAt' | 'id' | 'state'> | undefined> {
  const [refund] = await query<Pick<Refund, 'createdAt' | 'id' | 'state'>>(
    db,
    `select id, state, created_at as "createdAt"
     from refunds
     where payment_id = ? and amount = ? and state <> 'failed'
       and (state <> 'succeeded' or created_at > statement_timestamp() - interval '1 day')
     order by id desc
     limit 1`,
    [paymentId, amount],
  )
  return refund
}

/** SQL for what the refunds of a payment gave back that the shop made. The argument is SQL. */
export function made(paymentId: string): string {
  return `(
    select coalesce(sum(made.amount), 0)::bigint from refunds as made where made.payment_id = ${paymentId} and made.state = 'succeeded'
  )`
}

/** How much of a locked payment can still be refunded: what was captured, without refunds that were made or asked for. */
export async function refundable(trx: Knex.Transaction, paymentId: number): Promise<number> {
  const {left} = onlyRow(
    await query<{left: number}>(
      trx,
      `select (captured - greatest(refunded, coalesce((
         select sum(amount) from refunds where payment_id = payments.id and state <> 'failed'
       ), 0)))::bigint as left
       from payments
       where id = ?`,
      [paymentId],
    ),
  )
  return left
}

/** Lets the background work look again at refunds that succeeded, if the provider has refunded less than they gave back. */
export async function requireRefunds(trx: Knex.Transaction, paymentId: number, refunded: number): Promise<void> {
  await query(
    trx,
    `update refunds set next_try_at = statement_timestamp()
     where payment_id = ? and state = 'succeeded' and provider_id is not null and ${made('payment_id')} > ?::bigint`,
    [paymentId, refunded],
  )
}

/** Asks for a refund of a locked payment. The background work sends it. */
export async function addRefund(
  trx: Knex.Transaction,
  {paymentId, amount, reference}: {paymentId: number; amount: number; reference?: string | undefined},
  by?: Operator,
): Promise<number> {
  const {operator, note} = operatorColumns(by)
  const added = await query<{id: number}>(
    trx,
    `insert into refunds (payment_id, amount, reference, operator, note, next_try_at)
     values (?, ?, coalesce(?::uuid, gen_random_uuid()), ?, ?, statement_timestamp())
     returning id`,
    [paymentId, amount, reference ?? null, operator, note],
  )
  return onlyRow(added).id
}

type Leased = Attempt & {
  id: number
  reference: string
  paymentId: number
  orderId: number
  amount: number
  state: Refund['state']
  providerId: string | null
  providerPaymentId: string
  currency: Currency
  /** Whether the provider still knows the key, if the refund was sent before. */
  isRepeatable: boolean
  leasedUntil: string
}

export type RefundOptions = {
  signal: AbortSignal
  /** Whether users read replicas: see recent-writes.ts. */
  notesWrites?: boolean | undefined
}

/** Sends a refund to the provider, or asks what became of it. It is sent again with the same key until there is an answer. */
export async function advanceRefund(
  db: Knex,
  gateway: Gateway,
  id: number,
  {signal, notesWrites}: RefundOptions,
): Promise<void> {
  const [refund] = await query<Leased>(
    db,
    `with leased as (
       update refunds
       set lease_until = statement_timestamp() + ?::int * interval '1 second', tries = refunds.tries + 1,
           state = case refunds.state when 'requested' then 'submitted' else refunds.state end,
           updated_at = statement_timestamp()
       from payments
       where refunds.id = ? and payments.id = payment_id and refunds.next_try_at is not null and refunds.state <> 'failed'
         and coalesce(refunds.lease_until <= statement_timestamp(), true)
       returning refunds.id, refunds.reference, payment_id as "paymentId", order_id as "orderId", refunds.amount, refunds.state,
                 refunds.provider_id as "providerId", payments.provider_id as "providerPaymentId", payments.currency,
                 refunds.created_at > statement_timestamp() - ?::int * interval '1 hour' as "isRepeatable",
                 refunds.lease_until as "leasedUntil"
     ), sending as (
       insert into payment_attempts (payment_id, operation, key, event)
       select "paymentId",
              case when "providerId" is null then 'refund' else 'read_refund' end,
              case when "providerId" is null then ${refundKeyInSql('reference')} end,
              'sent'
       from leased
       returning operation, key
     )
     select * from leased, sending`,
    [leaseSeconds, id, repeatHours],
  )
  if (!refund) return
  try {
    const answer = await withTimeLimit(signal, defaultCallMs, async (limited) => inquire(gateway, refund, limited))
    await recordAnswer(db, refund.paymentId, refund, answer.state)
    await settleRefund(db, refund, {answer, notesWrites})
  } catch (error) {
    if (!isGatewayError(error)) throw error
    await recordAnswer(db, refund.paymentId, refund, failureOf(error).outcome)
    const isRefused = error instanceof RefusedError && refund.providerId === null
    if (isRefused) await settleRefund(db, refund, {answer: {id: null, state: 'failed', failure: error.code}})
    else await postponeRefund(db, id)
  } finally {
    await query(db, 'update refunds set lease_until = null where id = ? and lease_until = ?', [id, refund.leasedUntil])
  }
}

type Answer = Pick<ProviderRefund, 'id' | 'state'> | {id: null; state: 'failed'; failure: string}

async function inquire(gateway: Gateway, refund: Leased, signal: AbortSignal): Promise<Answer> {
  const {providerId, providerPaymentId: paymentId, amount, currency, reference} = refund
  if (providerId !== null) return gateway.readRefund(providerId, signal)
  const key = refundKey(reference)
  // It may have been made, by a call that was not answered or before a backup was restored, and be made again.
  const made = refund.isRepeatable ? undefined : await gateway.findRefund({paymentId, key}, signal)
  return made ?? gateway.refund({paymentId, money: {amount, currency}, key}, signal)
}

async function settleRefund(
  db: Knex,
  {id, paymentId, orderId, amount, state}: Leased,
  {answer, notesWrites = false}: {answer: Answer; notesWrites?: boolean | undefined},
): Promise<void> {
  if (answer.state === 'pending') {
    await query(
      db,
      `update refunds set state = 'pending', provider_id = ? where id = ? and state in ('submitted', 'pending')`,
      [answer.id, id],
    )
    return postponeRefund(db, id)
  }
  if (state === 'succeeded' && answer.state === 'succeeded') {
    await query(db, `update refunds set next_try_at = null where id = ? and state = 'succeeded'`, [id])
    return
  }
  await db.transaction(
    async (trx) => {
      await trx.raw('select from orders where id = ? for update', [orderId])
      await trx('payments').where({id: paymentId}).forNoKeyUpdate().select('id')
      const settled = await query(
        trx,
        `update refunds
         set state = ?, provider_id = coalesce(?, provider_id), failure = ?, next_try_at = null,
             updated_at = statement_timestamp()
         where id = ? and (state in ('submitted', 'pending') or (state = 'succeeded' and ? = 'failed'))
         returning id`,
        [answer.state, answer.id, refusalOf(answer), id, answer.state],
      )
      if (settled.length === 0) return
      if (notesWrites) await noteWriteOfOrder(trx, orderId)
      if (answer.state === 'failed') await readAgain(trx, paymentId)
      else await addToPayment(trx, {paymentId, amount})
    },
    {isolationLevel: 'read committed'},
  )
}

function refusalOf(answer: Answer): string | null {
  if (answer.state !== 'failed') return null
  return answer.id === null ? answer.failure : 'failed'
}

/** The provider counted the refund at first, or somebody refunded as much there: only the provider knows. */
async function readAgain(trx: Knex.Transaction, paymentId: number): Promise<void> {
  await query(
    trx,
    `update payments set next_try_at = statement_timestamp() where id = ? and refunded > ${made('id')}`,
    [paymentId],
  )
}

async function addToPayment(
  trx: Knex.Transaction,
  {paymentId, amount}: {paymentId: number; amount: number},
): Promise<void> {
  // If somebody refunded a part at the provider as well, only the provider knows the sum.
  await query(
    trx,
    `with made as (select ${made('?')} as sum)
     update payments
     set refunded = greatest(refunded, made.sum),
         state = case when greatest(refunded, made.sum) = captured then 'refunded' else 'partially_refunded' end,
         next_try_at = case when refunded > made.sum - ?::bigint then statement_timestamp() else next_try_at end,
         updated_at = statement_timestamp()
     from made
     where id = ? and state in ('captured', 'partially_refunded')`,
    [paymentId, amount, paymentId],
  )
  await query(
    trx,
    `update orders set payment_status = payments.state
     from payments
     where payments.id = ? and orders.id = order_id and payments.state in ('refunded', 'partially_refunded')`,
    [paymentId],
  )
}

async function postponeRefund(db: Knex, id: number): Promise<void> {
  await query(
    db,
    `update refunds
     set next_try_at = statement_timestamp() + ${backOff}
     where id = ? and next_try_at is not null`,
    [id],
  )
}
