import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {OrderCancelledError, PaymentPendingError, UnknownOrderError} from '../../errors.ts'
import type {Gateway} from '../../gateways/gateway.ts'
import {noteWriteOfOrder} from '../../db/replicas/recent-writes.ts'
import type {Operator} from '../operator.ts'
import {type Cancellation, cancelOrder, commitCancellation, returnStock} from '../orders/cancel.ts'
import {recordCancellation} from '../orders/cancellation.ts'
import type {OrderKey} from '../orders/history.ts'
import {findOrderRecord, type OrderRecord} from '../orders/record.ts'
import {advance, isLeased, takeTurn, type WorkOptions} from './advance.ts'
import {countCall} from './call-limit.ts'
import {findPaymentOfOrder, isPaid, type Payment, pendingStates} from './payment.ts'
import {addRefund, refundable} from './refunds.ts'

/**
 * Cancels an order and returns its stock. Of a paid one, the rest of the money is refunded: the refund is written in the same
 * transaction, and sent afterwards. As long as money may still move, the provider is asked first. Throws UnknownOrderError,
 * OrderCancelledError, OutcomeUnknownError, or PaymentPendingError if the provider has not decided, or cannot be asked here; the order is then
 * cancelled as soon as it has. Waits at most `waitMs` for another process that is asking. Without a gateway, orders that were
 * paid before are cancelled and refunded all the same.
 */
export async function cancelPaidOrder(
  db: Knex,
  gateway: Gateway | undefined,
  order: Cancellation,
  options?: WorkOptions & {waitMs?: number},
  operator?: Operator,
): Promise<OrderRecord> {
  const found = await commitCancellation(db, async (trx) => requestCancellation(trx, order, operator))
  if (found === 'no payment') return cancelOrder(db, order, operator)
  if (found === 'cancelled') return findOrderRecord(db, order.id)

  const payment = await findPaymentOfOrder(db, order.id)
  const isOurs = gateway !== undefined && options && gateway.name === payment?.provider
  // Otherwise the background work asks, once for all requests.
  if (isOurs && (await mayCall(db, order))) await askOrWait(db, gateway, payment.id, options)
  const record = await findOrderRecord(db, order.id)
  if (record.status === 'cancelled') return record
  const after = await findPaymentOfOrder(db, order.id)
  const isReserved = payment !== undefined && (await isOnlyReserved(db, payment.id))
  throw new PaymentPendingError(order.id, after?.state ?? 'unknown', {isReserved})
}

/** How often a payment is looked at that another process has to itself. */
const turnMs = 100

/** Asks the provider about a payment. If another process is asking, waits for it, at most `waitMs`. */
async function askOrWait(
  db: Knex,
  gateway: Gateway,
  id: number,
  {waitMs = 0, ...options}: WorkOptions & {waitMs?: number},
): Promise<void> {
  const end = performance.now() + waitMs
  const ask = async (): Promise<boolean> => takeTurn(db, gateway, id, {...options, mayStart: false})
  while (!(await ask())) {
    if (performance.now() >= end) return
    if (!(await isLeased(db, id))) {
      // The other process may have ended just now.
      await ask()
      return
    }
    await delay(turnMs, undefined, {signal: options.signal})
  }
}

/** By the answers of the provider: the shop's books do not say what a mismatch has captured. */
async function isOnlyReserved(db: Knex, paymentId: number): Promise<boolean> {
  const [last] = await query<{outcome: string}>(
    db,
    `select outcome from payment_attempts
     where payment_id = ? and outcome in ('authorized', 'captured')
     order by id desc
     limit 1`,
    [paymentId],
  )
  return last?.outcome === 'authorized'
}

/** What a cancellation finds: an order without a payment, one that it cancelled, or a payment that is not settled. */
async function requestCancellation(
  trx: Knex.Transaction,
  {id, userId, notesWrites}: Cancellation,
  operator: Operator | undefined,
): Promise<'cancelled' | 'no payment' | 'requested'> {
  const [order] = await trx('orders')
    .where({id, ...(userId !== undefined && {user_id: userId})})
    .forUpdate()
    .select<{status: string}[]>('status')
  if (!order) throw new UnknownOrderError(id)
  if (order.status === 'cancelled') throw new OrderCancelledError(id)
  const payment = await lockPayment(trx, id)
  if (!payment || payment.state === 'declined' || payment.state === 'cancelled') return 'no payment'
  if (operator) await recordCancellation(trx, id, operator)
  if (isPaid(payment)) {
    if (notesWrites) await noteWriteOfOrder(trx, id)
    await returnStock(trx, id)
    const left = await refundable(trx, payment.id)
    if (left > 0) await addRefund(trx, {paymentId: payment.id, amount: left}, operator)
    return 'cancelled'
  }
  await query(
    trx,
    `update payments
     set cancel_requested = true,
         next_try_at = case when cancel_requested then coalesce(next_try_at, statement_timestamp()) else statement_timestamp() end
     where id = ?`,
    [payment.id],
  )
  return 'requested'
}

export type LockedPayment = Pick<
  Payment,
  'amount' | 'captured' | 'currency' | 'id' | 'provider' | 'reference' | 'state'
>

/** Locks the payment of an order that is locked. What is asked of the provider can still be recorded. */
export async function lockPayment(trx: Knex.Transaction, orderId: number): Promise<LockedPayment | undefined> {
  return trx('payments')
    .where({order_id: orderId})
    .forNoKeyUpdate()
    .first<LockedPayment | undefined>('id', 'reference', 'provider', 'state', 'currency', 'amount', 'captured')
}

/**
 * Asks the provider now, unless its buyer asked too often. Returns undefined for an order without a payment. Throws
 * UnknownOrderError.
 */
export async function refreshPayment(
  db: Knex,
  gateway: Gateway,
  order: OrderKey,
  options: WorkOptions,
): Promise<Payment | undefined> {
  const payment = await findPaymentOf(db, order)
  if (!payment) return undefined
  const isOpen = pendingStates.some((state) => state === payment.state)
  if (!isOpen || !(await mayCall(db, order))) return payment
  return advance(db, gateway, payment.id, {...options, mayStart: false})
}

/** Operators, who do not ask as a user, may always. */
async function mayCall(db: Knex, {userId}: OrderKey): Promise<boolean> {
  return userId === undefined || (await countCall(db, userId)) === undefined
}

/** Throws UnknownOrderError, also if the order is another user's. */
export async function findPaymentOf(db: Knex, {id, userId}: OrderKey): Promise<Payment | undefined> {
  const order = await db('orders')
    .where({id, ...(userId !== undefined && {user_id: userId})})
    .first<{id: number} | undefined>('id')
  if (!order) throw new UnknownOrderError(id)
  return findPaymentOfOrder(db, id)
}
