import type {Knex} from 'knex'

import {violates} from '../../db/errors.ts'
import type {NewOrder, Placement} from './order.ts'
import {placeOrders} from './place-orders.ts'

/** Places one order in a transaction of its own. Throws the ShopError that refuses it. */
export async function placeOrder(db: Knex, order: NewOrder): Promise<Placement> {
  const [outcome] = await placeInTransaction(db, order)
  if (outcome?.status !== 'placed') throw outcome?.error ?? new Error('An order has no outcome.')
  return outcome.placement
}

async function placeInTransaction(db: Knex, order: NewOrder): ReturnType<typeof placeOrders> {
  const place = async () => db.transaction(async (trx) => placeOrders(trx, [order]), {isolationLevel: 'read committed'})
  try {
    return await place()
  } catch (error) {
    // Another order took the key between the look for it and the write; the next look finds it.
    if (violates(error, 'idempotency_keys_pkey')) return place()
    throw error
  }
}
