import type {Knex} from 'knex'

import {isUnavailable} from '../../db/errors.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {rowsByKey} from '../../db/pipeline/rows-by-key.ts'
import {runPipelined, sent} from '../../db/pipeline/run-pipelined.ts'
import type {Gateway} from '../../gateways/gateway.ts'
import {noteWritesOfPayments} from '../../db/replicas/recent-writes.ts'
import {advance, payLeased, type Leased, type WorkOptions} from './advance.ts'
import {grouped} from '../../grouped.ts'
import {paymentKeyInSql} from './keys.ts'
import {type Payment, paymentColumns} from './payment.ts'
import type {SettleSettings} from './settle.ts'
import {leaseSeconds, startSeconds} from './timing.ts'

export type PayNow = (paymentId: number, options: WorkOptions) => Promise<Payment | undefined>

/** Payments of one statement. */
const mostAtOnce = 100
/** A payment that somebody else has locked is left to `advance`. */
const lockMs = 1000

/**
 * What `advance` does for a payment that was just written, for many at once: payments that begin at the same time are marked
 * as sent in one transaction, and those that were captured are written in one. Whatever is not as usual goes its way.
 */
export function createPayNow(db: Knex, gateway: Gateway, options: CaptureOptions = {}): PayNow {
  const start = grouped(async (ids: number[]) => startAll(db, ids), mostAtOnce)
  const capture = grouped(async (captured: Captured[]) => captureAll(db, captured, options), mostAtOnce)

  return async (paymentId, options) => {
    const payment = await start(paymentId)
    if (!payment) return advance(db, gateway, paymentId, {...options, mayStart: true})
    return payLeased(db, gateway, payment, {
      ...options,
      async settleCaptured(providerId) {
        // A lock that one of the group waits for must not keep the others from being written.
        return capture({id: payment.id, providerId, leasedUntil: payment.leasedUntil}).catch((error: unknown) => {
          if (isUnavailable(error)) return false
          throw error
        })
      },
    })
  }
}

const startStatement = prepare(
  'start_payments',
  `with started as (
     update payments
     set state = 'submitted', submitted_at = statement_timestamp(), tries = tries + 1,
         lease_until = statement_timestamp() + ${leaseSeconds} * interval '1 second',
         next_try_at = statement_timestamp() + ${leaseSeconds} * interval '1 second'
     where id = any (?::bigint[])
       and state = 'created'
       and not cancel_requested
       and created_at > statement_timestamp() - ${startSeconds} * interval '1 second'
       and coalesce(lease_until <= statement_timestamp(), true)
     returning *
   ),
   attempt as (
     insert into payment_attempts (payment_id, operation, key, event)
     select id, 'pay', ${paymentKeyInSql('reference', 'pay')}, 'sent' from started
   )
   select ${paymentColumns}, payments.lease_until as "leasedUntil", false as "wasSent"
   from started as payments
   join ${rowsByKey('orders', 'orders.id = payments.order_id')} on true
   join ${rowsByKey('payment_methods', 'payment_methods.id = payments.method_id')} on true`,
)

/** Leases payments that were just written, and notes that they are sent. The others are undefined. */
async function startAll(db: Knex, ids: number[]): Promise<(Leased | undefined)[]> {
  const started = await runPipelined(db, {lockMs}, async (trx) =>
    Promise.resolve(sent(trx.send<Leased>(startStatement, [ids]))),
  )
  const byId = new Map((await started.answer).map((payment) => [payment.id, payment]))
  return ids.map((id) => {
    const payment = byId.get(id)
    // Of two requests for one payment, one may send it.
    byId.delete(id)
    return payment
  })
}

type CaptureOptions = Pick<SettleSettings, 'notesWrites'>

type Captured = {id: number; providerId: string; leasedUntil: string}

/** Baskets are locked before orders, and those before payments, as everywhere. */
const lockBasketsStatement = prepare(
  'lock_paying_baskets',
  `select id from baskets
   where id = any (array(select basket_id from payments where id = any (?::bigint[])))
   order by id
   for update`,
)
const lockOrdersStatement = prepare(
  'lock_paid_orders',
  `select id from orders
   where id = any (array(select order_id from payments where id = any (?::bigint[])))
   order by id
   for update`,
)
const captureStatement = prepare(
  'write_captured_payments',
  `with captured as (
     update payments
     set state = 'captured', captured = amount, provider_id = answer.provider_id, next_try_at = null, lease_until = null,
         updated_at = statement_timestamp()
     from unnest(?::bigint[], ?::text[], ?::timestamptz[]) as answer (id, provider_id, leased_until), orders
     where payments.id = any (?::bigint[])
       and payments.id = answer.id
       and orders.id = any (array(select order_id from payments where id = any (?::bigint[])))
       and orders.id = payments.order_id
       and orders.status = 'placed'
       and payments.state = 'submitted'
       and not payments.cancel_requested
       and payments.lease_until = leased_until
     returning payments.id, payments.order_id, payments.basket_id, payments.reference
   ),
   attempt as (
     insert into payment_attempts (payment_id, operation, key, event, outcome)
     select id, 'pay', ${paymentKeyInSql('reference', 'pay')}, 'answered', 'captured' from captured
   ),
   paid as (
     update orders set payment_status = 'paid' where id = any (array(select order_id from captured))
   ),
   ordered as (
     update baskets set status = 'ordered'
     from captured
     where baskets.id = any (array(select basket_id from captured))
       and baskets.id = captured.basket_id and baskets.order_id = captured.order_id and status = 'paying'
   )
   select id from captured`,
)

/** Writes that payments were captured whole. Returns which of them; the others are no longer as they were. */
async function captureAll(db: Knex, captured: Captured[], {notesWrites = false}: CaptureOptions): Promise<boolean[]> {
  const ids = captured.map(({id}) => id)
  const written = await runPipelined(db, {lockMs}, async (trx) => {
    void trx.send(lockBasketsStatement, [ids])
    void trx.send(lockOrdersStatement, [ids])
    const rows = trx.send<{id: number}>(captureStatement, [
      ids,
      captured.map(({providerId}) => providerId),
      captured.map(({leasedUntil}) => leasedUntil),
      ...[ids, ids],
    ])
    if (notesWrites) noteWritesOfPayments(trx, ids)
    return Promise.resolve(sent(rows))
  })
  const found = new Set((await written.answer).map(({id}) => id))
  return captured.map(({id}) => found.has(id))
}
