import type {Knex} from 'knex'

import {query} from '../../db/query.ts'

/** What is due for a provider, without some ids. */
type DueQuery = {provider: string; most: number; except: ReadonlySet<number>}

/** Payments that are due to be looked at, the longest waiting first. */
export async function findDuePayments(db: Knex, {provider, most, except}: DueQuery): Promise<number[]> {
  const due = await query<{id: number}>(
    db,
    `select id
     from payments
     where next_try_at <= statement_timestamp() and coalesce(lease_until <= statement_timestamp(), true)
       and provider = ? and state not in ('declined', 'cancelled') and id <> all (?::bigint[])
     order by next_try_at
     limit ?`,
    [provider, [...except], most],
  )
  return due.map(({id}) => id)
}

/** Refunds that are due to be looked at, the longest waiting first. */
export async function findDueRefunds(db: Knex, {provider, most, except}: DueQuery): Promise<number[]> {
  const due = await query<{id: number}>(
    db,
    `select refunds.id
     from refunds
     join payments on payments.id = payment_id
     where refunds.next_try_at <= statement_timestamp()
       and coalesce(refunds.lease_until <= statement_timestamp(), true)
       and provider = ?
       and refunds.id <> all (?::bigint[])
     order by refunds.next_try_at
     limit ?`,
    [provider, [...except], most],
  )
  return due.map(({id}) => id)
}
