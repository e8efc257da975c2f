import type {Knex} from 'knex'

import {ShopError} from '../../errors.ts'
import {IdempotencyKeys, readKeptOrders} from './idempotency.ts'
import {readOffers, sumLines} from './offers.ts'
import type {NewOrder, Placement} from './order.ts'
import {lockStock, Shelf} from './stock.ts'
import {type AcceptedOrder, writeOrders} from './write-orders.ts'

/** What became of one order of a list. */
export type Outcome = {status: 'placed'; placement: Placement} | {status: 'refused'; error: ShopError}

type Decision = AcceptedOrder | {repeats: string} | {refusal: ShopError}

/**
 * Decides a list of orders in the order of their arrival, in one transaction that must be READ COMMITTED: each
 * statement after the lock then sees what was committed while the lock was waited for. An order is refused alone;
 * whatever this throws is no single order's doing, or is found by placing the orders singly.
 */
export async function placeOrders(trx: Knex.Transaction, orders: NewOrder[]): Promise<Outcome[]> {
  const productIds = unique(orders.flatMap(({items}) => items.map(({productId}) => productId)))

  const shelf = new Shelf(await lockStock(trx, productIds))
  const offers = await readOffers(trx, productIds, unique(orders.map(({currency}) => currency)))
  const kept = await readKeptOrders(trx, orders)
  const keys = new IdempotencyKeys(kept)

  const decisions = orders.map((order): Decision => {
    try {
      const repeats = keys.find(order)
      if (repeats !== undefined) return {repeats}
      const lines = offers.price(order.items, order.currency)
      shelf.requireStock(order.items)
      const total = sumLines(lines)
      keys.add(order)
      return {order, lines, total, allocations: shelf.take(order.items)}
    } catch (error) {
      if (error instanceof ShopError) return {refusal: error}
      throw error
    }
  })

  const placed = await writeOrders(
    trx,
    decisions.filter((decision): decision is AcceptedOrder => 'allocations' in decision),
  )
  for (const {requestId, id, currency, total, createdAt} of kept)
    placed.set(requestId, {id, currency, total, createdAt})

  return decisions.map((decision): Outcome => {
    if ('refusal' in decision) return {status: 'refused', error: decision.refusal}
    const isReplay = 'repeats' in decision
    const order = placed.get(isReplay ? decision.repeats : decision.order.requestId)
    if (!order) throw new Error('An accepted order is not among those that were written.')
    return {status: 'placed', placement: {order, isReplay}}
  })
}

function unique<T>(values: T[]): T[] {
  return [...new Set(values)]
}
