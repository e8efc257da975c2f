import type {Knex} from 'knex'

import type {ProviderPayment} from '../../gateways/gateway.ts'
import {onlyRow, query} from '../../db/query.ts'
import type {HoldSettings} from '../../hold-settings.ts'
import {noteWriteOfOrder} from '../../db/replicas/recent-writes.ts'
import {returnStock} from '../orders/cancel.ts'
import {cancelledBy} from '../orders/cancellation.ts'
import {isPaid, type Payment, type PaymentState, statusOf, transitions} from './payment.ts'
import {addRefund, made, refundable, requireRefunds} from './refunds.ts'
import {backOff, leaseSeconds} from './timing.ts'

export type SettleSettings = {
  holds: HoldSettings
  /** How long a buyer has to finish an action, such as confirming the payment with the bank. */
  actionSeconds: number
  /** Whether users read replicas: see recent-writes.ts. */
  notesWrites?: boolean
}

/** What became known about a payment. */
export type Finding =
  /** No money moved, and none will. */
  {kind: 'answer'; payment: ProviderPayment} | {kind: 'cancelled'} | {kind: 'declined'; code: string}

/**
 * Writes what became known, with everything that follows from it for the order, its stock and its basket, in one
 * transaction. Does nothing if the payment has left the states from which that is possible.
 */
export async function settle(db: Knex, payment: Payment, finding: Finding, settings: SettleSettings): Promise<void> {
  const next = stateAfter(payment, finding)
  await db.transaction(
    async (trx) => {
      // Baskets are locked before orders, and those before stock levels.
      const basket = payment.basketId === null ? undefined : await lockBasket(trx, payment.basketId)
      const order = await lockOrder(trx, payment.orderId)
      const isCancelled = order.status === 'cancelled'
      const isPaying = basket?.status === 'paying' && basket.order_id === payment.orderId
      const written = await write(trx, payment, {next, finding, settings})
      if (!written) {
        await postpone(trx, payment, 'unchanged')
        return
      }

      if (settings.notesWrites) await noteWriteOfOrder(trx, payment.orderId)
      const status = statusOf(written.state)
      await trx('orders').where({id: payment.orderId}).update({payment_status: status})
      if (isPaid(payment) && finding.kind === 'answer') await requireRefunds(trx, payment.id, finding.payment.refunded)
      if (status === 'failed') {
        const levels = isCancelled ? [] : await returnStock(trx, payment.orderId)
        if (isPaying) await reopenBasket(trx, basket.id, levels, settings.holds)
      } else if (status !== 'pending') {
        if (isPaying) await trx('baskets').where({id: basket.id}).update({status: 'ordered'})
        if (status !== 'authorized' && (isCancelled || written.isCancelRequested)) {
          if (!isCancelled) await returnStock(trx, payment.orderId)
          const left = await refundable(trx, payment.id)
          // If the provider refused a refund, an operator tries again. A webhook tells of that, and ends here.
          if (!written.hasRefunds && left > 0) {
            const operator = await cancelledBy(trx, payment.orderId)
            await addRefund(trx, {paymentId: payment.id, amount: left}, operator)
          }
        }
      }
    },
    {isolationLevel: 'read committed'},
  )
}

function stateAfter(payment: Payment, finding: Finding): PaymentState {
  if (finding.kind !== 'answer') return finding.kind
  const {amount, currency, state, isCancelRequested} = payment
  const {money, captured, state: found} = finding.payment
  if (state === 'mismatch' && isCancelRequested && holdsNothing(finding.payment)) return 'cancelled'
  if (money.amount !== amount || money.currency !== currency || captured > amount) return 'mismatch'
  if (found.kind !== 'captured') return found.kind
  // What was refunded is compared under the lock of the payment.
  return captured === amount ? 'captured' : 'mismatch'
}

/** Whether the provider has none of the buyer's money, and will get none. */
function holdsNothing({state: {kind}, captured, refunded}: ProviderPayment): boolean {
  return kind === 'declined' || kind === 'cancelled' || (kind === 'captured' && captured === refunded)
}

/** SQL for whether an event came in while the payment was leased: what it tells of may be newer than the answer. */
const isHinted = `
  next_try_at between lease_until - ${leaseSeconds} * interval '1 second' and statement_timestamp()`

/** What the payment says under its lock. A cancellation may have been asked for since it was leased. */
type Written = {state: PaymentState; isCancelRequested: boolean; hasRefunds: boolean}

async function write(
  trx: Knex.Transaction,
  payment: Payment,
  {next, finding, settings}: {next: PaymentState; finding: Finding; settings: SettleSettings},
): Promise<Written | undefined> {
  const found = finding.kind === 'answer' ? finding.payment : undefined
  const from = (Object.keys(transitions) as PaymentState[]).filter(
    (state) => transitions[state].includes(next) || state === next,
  )
  const isOpen = next === 'requires_action' || next === 'processing'
  // A refund can fail after it succeeded. An answer that came late must not take back one that was made meanwhile.
  const mayLower = isPaid(payment)
  const [written] = await query<Written>(
    trx,
    `with known as (
       select greatest(?::bigint, case when ? then ${made('id')} else refunded end) as refunded from payments where id = ?
     )
     update payments
     set state = case
           when ? <> 'captured' or known.refunded = 0 then ?
           when known.refunded < amount then 'partially_refunded'
           else 'refunded'
         end,
         refunded = known.refunded, provider_id = coalesce(?, provider_id), decline_code = ?, next_action = ?::jsonb,
         captured = greatest(captured, ?::bigint),
         due_at = case when ? = 'requires_action'
                  then coalesce(due_at, statement_timestamp() + ?::int * interval '1 second') end,
         next_try_at = case
           when ? in ('declined', 'cancelled') then null
           when ${isHinted} then next_try_at
           when ? then least(statement_timestamp() + ${backOff}, due_at)
           when cancel_requested and ? = 'authorized' then statement_timestamp()
         end,
         updated_at = statement_timestamp()
     from known
     where id = ? and state = any (?::text[])
     returning state, cancel_requested as "isCancelRequested",
               exists (select from refunds where payment_id = payments.id) as "hasRefunds"`,
    [
      ...[next === 'captured' ? (found?.refunded ?? 0) : 0, mayLower, payment.id],
      ...[next, next],
      found?.id ?? null,
      finding.kind === 'declined' ? finding.code : found?.state.kind === 'declined' ? found.state.code : null,
      found?.state.kind === 'requires_action' ? JSON.stringify(found.state.nextAction) : null,
      next === 'mismatch' || next === 'cancelled' ? 0 : (found?.captured ?? 0),
      next,
      settings.actionSeconds,
      next,
      isOpen,
      next,
      payment.id,
      from,
    ],
  )
  return written
}

type LockedBasket = {id: number; status: string; order_id: number | null}

async function lockBasket(trx: Knex.Transaction, id: number): Promise<LockedBasket> {
  return onlyRow(await trx('baskets').where({id}).forUpdate().select<LockedBasket[]>('id', 'status', 'order_id'))
}

async function lockOrder(trx: Knex.Transaction, id: number): Promise<{status: string}> {
  return onlyRow(await trx('orders').where({id}).forUpdate().select<{status: string}[]>('status'))
}

/** Gives a basket what its order gave back: it is open again, and holds its lines as if they had just been added. */
async function reopenBasket(
  trx: Knex.Transaction,
  id: number,
  levels: {productId: number; poolId: number; quantity: number}[],
  {hold, holdSeconds, holdMaxSeconds}: HoldSettings,
): Promise<void> {
  await query(
    trx,
    `update baskets
     set status = 'open', order_id = null, version = version + 1, updated_at = statement_timestamp()
     where id = ?`,
    [id],
  )
  if (hold === 'off' || levels.length === 0) return
  await query(
    trx,
    `with freed as (select * from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as freed (product_id, pool_id, quantity)),
     held as (
       insert into stock_reservations (basket_id, product_id, pool_id, quantity, held_since, expires_at)
       select ?, product_id, pool_id, quantity, statement_timestamp(),
              statement_timestamp() + least(?::int, ?::int) * interval '1 second'
       from freed
     )
     update stock_levels
     set reserved = reserved + freed.quantity
     from freed
     where stock_levels.product_id = freed.product_id and stock_levels.pool_id = freed.pool_id`,
    [
      levels.map(({productId}) => productId),
      levels.map(({poolId}) => poolId),
      levels.map(({quantity}) => quantity),
      id,
      holdSeconds,
      holdMaxSeconds,
    ],
  )
}

/** Looks at a payment again later: the provider gave no answer to go by. */
export async function postpone(db: Knex, {id}: Payment, state: 'unchanged' | 'unknown'): Promise<void> {
  await query(
    db,
    `update payments
     set state = case when ? and state = 'submitted' then 'unknown' else state end,
         next_try_at = statement_timestamp() + ${backOff}, updated_at = statement_timestamp()
     where id = ? and next_try_at is not null and state not in ('declined', 'cancelled')`,
    [state === 'unknown', id],
  )
}

/** Leaves a payment to an operator. */
export async function giveUp(db: Knex, {id}: Payment): Promise<void> {
  await query(db, 'update payments set next_try_at = null, updated_at = statement_timestamp() where id = ?', [id])
}
