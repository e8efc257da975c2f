import type {Knex} from 'knex'

import {onlyRow, query} from '../../../db/query.ts'
import type {Currency} from '../../../money.ts'
import {locatePage, type Page, type PageRequest} from '../../page.ts'
import {type PaymentState, pendingStates} from '../payment.ts'

/** A payment in the list that operators see. */
export type PaymentSummary = {
  id: number
  orderId: number
  username: string
  state: PaymentState
  currency: Currency
  /** In minor units of the currency, like the next two. */
  amount: number
  captured: number
  refunded: number
  provider: string
  /** The provider's id; null until it has answered. */
  providerId: string | null
  /** When the background work looks at it, or at a refund of it, again; null if nothing more is tried. */
  nextTryAt: string | null
  createdAt: string
  updatedAt: string
}

export type PaymentFilter = {
  state?: PaymentState | undefined
  /** Only payments that the provider, the background work or an operator is not done with. */
  isOpen?: boolean | undefined
}

const openStates: PaymentState[] = [...pendingStates, 'authorized', 'mismatch']

const open = `(
  state in (${openStates.map((state) => `'${state}'`).join(', ')})
  or next_try_at is not null
  or id in (select payment_id from refunds where next_try_at is not null)
)`

/** Payments, the newest first. */
export async function listPayments(
  db: Knex,
  {state, isOpen = false, pageSize, page: wanted}: PageRequest & PaymentFilter,
): Promise<Page<PaymentSummary>> {
  const conditions = [...(state === undefined ? [] : ['state = ?']), ...(isOpen ? [open] : [])]
  const condition = conditions.join(' and ') || 'true'
  const bindings = state === undefined ? [] : [state]
  const {count} = onlyRow(
    await query<{count: number}>(db, `select count(*) as count from payments where ${condition}`, bindings),
  )
  const {page, pageCount} = locatePage({page: wanted, pageSize}, count)
  const results = await query<PaymentSummary>(
    db,
    `select payment.id, order_id as "orderId", username, state, payment.currency, amount, captured, refunded, provider,
            provider_id as "providerId", payment.created_at as "createdAt", updated_at as "updatedAt",
            least(
              next_try_at,
              (select min(refunds.next_try_at) from refunds where payment_id = payment.id)
            ) as "nextTryAt"
     from (select * from payments where ${condition} order by id desc limit ? offset ?) as payment
     join orders on orders.id = order_id
     join users on users.id = user_id
     order by payment.id desc`,
    [...bindings, pageSize, (page - 1) * pageSize],
  )
  return {count, page, pageCount, results}
}
