import type {Knex} from 'knex'

import type {NewOrder, Placement} from './new-order.ts'
import {placeBatch} from './place-batch.ts'

/** Places one order in a transaction of its own. Throws the ShopError that refuses it. */
export async function placeOrder(db: Knex, order: NewOrder): Promise<Placement> {
  const [outcome] = await placeBatch(db, [order])
  if (outcome?.status !== 'placed') throw outcome?.error ?? new Error('The order has no outcome.')
  return outcome.placement
}
