import type {Knex} from 'knex'

import {onlyRow, query} from '../../../../db/query.ts'
import type {Currency} from '../../../../money.ts'
import {type PaymentState, pendingStates} from '../../payment.ts'

/** What the shop's books say of a payment. */
export type OwnPayment = {
  id: number
  orderId: number
  reference: string
  customerId: string
  createdAt: string
  providerId: string | null
  state: PaymentState
  currency: Currency
  amount: number
  captured: number
  refunded: number
  /** See `kept`. */
  isKept: boolean
  /** Whether the background work should have looked at it, or at a refund of it, before now, or has given it up. */
  isOverdue: boolean
}

/** A server looks at what is due within a second or so. */
const graceSeconds = 60

/** The shop has written such a payment, and waits. Authorized payments have no next try, but those that do are late, too. */
const late = `(
  next_try_at < statement_timestamp() - interval '${graceSeconds} seconds'
  or due_at < statement_timestamp() - interval '${graceSeconds} seconds'
  or (next_try_at is null and state in (${pendingStates.map((state) => `'${state}'`).join(', ')}))
  or exists (
    select from refunds
    where payment_id = payments.id
      and refunds.state in ('requested', 'submitted', 'pending')
      and coalesce(refunds.next_try_at < statement_timestamp() - interval '${graceSeconds} seconds', true)
  )
)`

/** SQL for whether the order of a payment is cancelled, and neither has its money been refunded nor is a refund on its way. */
export const kept = `(
  captured > refunded
  and exists (select from orders where orders.id = order_id and status = 'cancelled')
  and captured > greatest(refunded, (
    select coalesce(sum(refunds.amount), 0) from refunds where payment_id = payments.id and refunds.state <> 'failed'
  ))
)`

const selectOwn = `
  select id, order_id as "orderId", reference, customer_id as "customerId", created_at as "createdAt",
         provider_id as "providerId", state, currency, amount, captured, refunded, ${kept} as "isKept", ${late} as "isOverdue"
  from payments`

/** Ids of the payments since a time, and the time it is now. */
export async function findSpan(
  db: Knex,
  provider: string,
  since: string,
): Promise<{first: number; last: number; now: string}> {
  return onlyRow(
    await query<{first: number; last: number; now: string}>(
      db,
      `select coalesce(min(id), 0) as first, coalesce(max(id), 0) as last, statement_timestamp() as now
       from payments
       where provider = ? and created_at >= ?`,
      [provider, since],
    ),
  )
}

/** Those of our payments that have one of the references or ids of the provider. */
export async function findOwn(
  db: Knex,
  provider: string,
  theirs: {id: string; reference: string | null}[],
): Promise<OwnPayment[]> {
  // Others may write anything where we write a UUID.
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
  const references = theirs.flatMap(({reference}) => (reference !== null && isUuid.test(reference) ? [reference] : []))
  return query<OwnPayment>(
    db,
    `${selectOwn} where provider = ? and (reference = any (?::uuid[]) or provider_id = any (?::text[]))`,
    [provider, references, theirs.map(({id}) => id)],
  )
}

export async function readOwn(db: Knex, id: number): Promise<OwnPayment> {
  return onlyRow(await query<OwnPayment>(db, `${selectOwn} where id = ?`, [id]))
}

const pageSize = 500

/** Payments that the provider answered about, made since a time, from an id on, and sent before another time. */
export async function* walkSent(
  db: Knex,
  provider: string,
  {since, before, first}: {since: string; before: string; first: number},
): AsyncGenerator<OwnPayment> {
  const condition = 'provider = ? and provider_id is not null and created_at >= ? and submitted_at < ? and id >= ?'
  yield* walk(db, condition, [provider, since, before, first])
}

/** Payments that need attention, whatever the provider says of them, and however old they are. */
export async function* walkNeedy(db: Knex, provider: string): AsyncGenerator<OwnPayment> {
  yield* walk(db, `provider = ? and (${late} or ${kept} or state = 'mismatch')`, [provider])
}

async function* walk(db: Knex, condition: string, bindings: unknown[]): AsyncGenerator<OwnPayment> {
  let last: OwnPayment | undefined
  do {
    const page: OwnPayment[] = await query<OwnPayment>(
      db,
      `${selectOwn} where ${condition} and id > ? order by id limit ${pageSize}`,
      [...bindings, last?.id ?? 0],
    )
    yield* page
    last = page.length < pageSize ? undefined : page.at(-1)
  } while (last)
}
