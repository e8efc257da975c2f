import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {Currency} from '../../money.ts'
import {locatePage, type Page, type PageRequest} from '../page.ts'
import type {PaymentState} from './payment.ts'

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
  /** When the background work looks at it again; null if nothing more is tried. */
  nextTryAt: string | null
  createdAt: string
  updatedAt: string
}

/** Payments, the newest first. */
export async function listPayments(
  db: Knex,
  {state, pageSize, page: wanted}: PageRequest & {state?: PaymentState | undefined},
): Promise<Page<PaymentSummary>> {
  const condition = state === undefined ? 'true' : 'state = ?'
  const bindings = state === undefined ? [] : [state]
  const {count} = onlyRow(
    await query<{count: number}>(db, `select count(*) as count from payments where ${condition}`, bindings),
  )
  const {page, pageCount} = locatePage({page: wanted, pageSize}, count)
  const results = await query<PaymentSummary>(
    db,
    `select payment.id, order_id as "orderId", username, state, payment.currency, amount, captured, refunded, provider,
            provider_id as "providerId", next_try_at as "nextTryAt", payment.created_at as "createdAt",
            updated_at as "updatedAt"
     from (select * from payments where ${condition} order by id desc limit ? offset ?) as payment
     join orders on orders.id = order_id
     join users on users.id = user_id
     order by payment.id desc`,
    [...bindings, pageSize, (page - 1) * pageSize],
  )
  return {count, page, pageCount, results}
}
