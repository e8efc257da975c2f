import type {Knex} from 'knex'

import {
  type Gateway,
  ProviderBusyError,
  type ProviderRefund,
  RefusedError,
  UnknownOutcomeError,
} from '../../gateways/gateway.ts'
import type {Currency} from '../../money.ts'
import {onlyRow, query} from '../../db/query.ts'
import {refundKey} from './keys.ts'
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
}

/** Of a payment, oldest first. */
export async function findRefunds(db: Knex, paymentId: number): Promise<Refund[]> {
  return query<Refund>(
    db,
    `select id, amount, state, failure, created_at as "createdAt" from refunds where payment_id = ? order by id`,
    [paymentId],
  )
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

/** Asks for a refund of a locked payment. The background work sends it. */
export async function addRefund(trx: Knex.Transaction, paymentId: number, amount: number): Promise<number> {
  const added = await query<{id: number}>(
    trx,
    `insert into refunds (payment_id, amount, next_try_at) values (?, ?, statement_timestamp()) returning id`,
    [paymentId, amount],
  )
  return onlyRow(added).id
}

type Leased = {
  id: number
  reference: string
  paymentId: number
  amount: number
  state: Refund['state']
  providerId: string | null
  providerPaymentId: string
  currency: Currency
  /** Whether the provider still knows the key, if the refund was sent before. */
  isRepeatable: boolean
  /** What the other refunds of the payment gave back. */
  otherRefunds: number
  leasedUntil: string
}

/** Sends a refund to the provider, or asks what became of it. It is sent again with the same key until there is an answer. */
export async function advanceRefund(db: Knex, gateway: Gateway, id: number, signal: AbortSignal): Promise<void> {
  const [refund] = await query<Leased>(
    db,
    `update refunds
     set lease_until = statement_timestamp() + ?::int * interval '1 second', tries = refunds.tries + 1,
         state = case refunds.state when 'requested' then 'submitted' else refunds.state end,
         updated_at = statement_timestamp()
     from payments
     where refunds.id = ? and payments.id = payment_id and refunds.state in ('requested', 'submitted', 'pending')
       and coalesce(refunds.lease_until <= statement_timestamp(), true)
     returning refunds.id, refunds.reference, payment_id as "paymentId", refunds.amount, refunds.state,
               refunds.provider_id as "providerId", payments.provider_id as "providerPaymentId", payments.currency,
               refunds.created_at > statement_timestamp() - ?::int * interval '1 hour' as "isRepeatable",
               (
                 select coalesce(sum(others.amount), 0)::bigint
                 from refunds as others
                 where others.payment_id = payments.id and others.state = 'succeeded'
               ) as "otherRefunds",
               refunds.lease_until as "leasedUntil"`,
    [leaseSeconds, id, repeatHours],
  )
  if (!refund) return
  try {
    const answer = await withTimeLimit(signal, defaultCallMs, async (limited) => inquire(gateway, refund, limited))
    await settleRefund(db, refund, answer)
  } catch (error) {
    if (error instanceof RefusedError) await settleRefund(db, refund, {id: null, state: 'failed', failure: error.code})
    else if (error instanceof ProviderBusyError || error instanceof UnknownOutcomeError) await postponeRefund(db, id)
    else throw error
  } finally {
    await query(db, 'update refunds set lease_until = null where id = ? and lease_until = ?', [id, refund.leasedUntil])
  }
}

type Answer = Pick<ProviderRefund, 'id' | 'state'> | {id: null; state: 'failed' | 'succeeded'; failure?: string}

async function inquire(gateway: Gateway, refund: Leased, signal: AbortSignal): Promise<Answer> {
  const {providerId, providerPaymentId: paymentId, amount, currency, reference} = refund
  if (providerId !== null) return gateway.readRefund(providerId, signal)
  if (!refund.isRepeatable) {
    // It may have been made, by a call that was not answered or before a backup was restored, and be made again.
    const {refunded} = await gateway.read(paymentId, signal)
    if (refunded - refund.otherRefunds >= amount) return {id: null, state: 'succeeded'}
  }
  return gateway.refund({paymentId, money: {amount, currency}, key: refundKey(reference)}, signal)
}

async function settleRefund(db: Knex, {id, paymentId, amount}: Leased, answer: Answer): Promise<void> {
  const failure = 'failure' in answer ? answer.failure : undefined
  if (answer.state === 'pending') {
    await query(
      db,
      `update refunds set state = 'pending', provider_id = ? where id = ? and state in ('submitted', 'pending')`,
      [answer.id, id],
    )
    return postponeRefund(db, id)
  }
  await db.transaction(
    async (trx) => {
      await trx.raw('select from orders where id = (select order_id from payments where id = ?) for update', [
        paymentId,
      ])
      await trx('payments').where({id: paymentId}).forUpdate().select('id')
      const settled = await query(
        trx,
        `update refunds
         set state = ?, provider_id = coalesce(?, provider_id), failure = ?, next_try_at = null,
             updated_at = statement_timestamp()
         where id = ? and state in ('submitted', 'pending')
         returning id`,
        [answer.state, answer.id, failure ?? (answer.state === 'failed' ? 'failed' : null), id],
      )
      if (settled.length === 0 || answer.state === 'failed') return
      // If somebody refunded a part at the provider as well, only the provider knows the sum.
      await query(
        trx,
        `with made as (select sum(amount)::bigint as sum from refunds where payment_id = ? and state = 'succeeded')
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
    },
    {isolationLevel: 'read committed'},
  )
}

async function postponeRefund(db: Knex, id: number): Promise<void> {
  await query(
    db,
    `update refunds
     set next_try_at = statement_timestamp() + ${backOff}
     where id = ? and state in ('submitted', 'pending')`,
    [id],
  )
}
