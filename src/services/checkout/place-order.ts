import {setTimeout as delay} from 'node:timers/promises'

import type {Knex} from 'knex'

import {StockLockedError} from '../../errors.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {patienceMs, placeBatch} from './place-batch.ts'

/** How long each attempt waits for a lock. */
const lockMs = 1000

/** Places one order in a transaction of its own. Throws the ShopError that refuses it. */
export async function placeOrder(db: Knex, order: NewOrder): Promise<Placement> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const [outcome] = await placeBatch(db, [order], {lockMs})
    if (outcome?.status === 'placed') return outcome.placement
    if (outcome?.status === 'refused' || outcome?.status === 'failed') throw outcome.error
    if (outcome?.status !== 'locked') throw new Error('The order has no outcome.')
    if (performance.now() > deadline) throw new StockLockedError()
    await delay(100)
  }
}
