import {type PipelinedTransaction, type Sent, sent} from '../../db/pipeline/run-pipelined.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {ShopError, TokenEndedError} from '../../errors.ts'
import {holdingKey, sendTokenCheck} from '../accounts/tokens.ts'
import {IdempotencyKeys, type KeptOrder, sendKeptOrderRead} from './idempotency.ts'
import {type Offer, Offers, requireExpectedTotal, sendOfferRead, sumLines} from './offers.ts'
import type {NewOrder, PlacedOrder, Placement} from './new-order.ts'
import {sendFreeStockLock, sendStockLock, sumDemand} from '../stock/lock.ts'
import {Shelf} from '../stock/shelf.ts'
import {type AcceptedOrder, sendOrderWrite, type WrittenOrder} from './order-writes.ts'

/** What became of one order of a list. */
export type Outcome = {status: 'placed'; placement: Placement} | {status: 'refused'; error: ShopError}

type Decision = AcceptedOrder | {repeats: string} | {refusal: ShopError}

/** `free` takes a pool of each product that nobody has locked; `all` waits for every pool. */
export type StockLock = 'free' | 'all'

/** Nothing was decided: that is for another transaction, with this lock. */
export class NeedsOtherWayError extends Error {
  readonly way: StockLock

  constructor(way: StockLock) {
    super(`Nothing was decided; needs the lock "${way}".`)
    this.way = way
  }
}

/**
 * Decides a list of orders in the order of their arrival, in one READ COMMITTED transaction: each
 * statement after the lock then sees what was committed while the lock was waited for. An order is refused alone;
 * whatever this throws is no single order's doing, or is found by placing the orders singly.
 */
export async function placeOrders(trx: PipelinedTransaction, orders: NewOrder[]): Promise<Outcome[]> {
  const {answer} = await sendOrders(trx, orders, 'all')
  return answer
}

/**
 * The same in two round trips: what is read goes with the lock, and the write is only sent, so that the COMMIT follows
 * it. The outcomes hold once the transaction is committed. Throws NeedsOtherWayError where no free pool
 * has enough of some product: that is for all of its pools to say.
 */
export async function sendOrders(
  trx: PipelinedTransaction,
  orders: NewOrder[],
  lock: StockLock,
): Promise<Sent<Outcome[]>> {
  const demand = sumDemand(orders.flatMap(({items}) => items))
  const productIds = demand.map(({productId}) => productId)
  const currencies = [...new Set(orders.map(({currency}) => currency))]

  const [levels, offered, kept, holding] = await Promise.all([
    lock === 'free' ? sendFreeStockLock(trx, demand) : sendStockLock(trx, productIds),
    sendOfferRead(trx, productIds, currencies),
    sendKeptOrderRead(trx, orders),
    sendTokenCheck(
      trx,
      orders.flatMap(({tokenHash}) => tokenHash ?? []),
    ),
  ])
  if (lock === 'free' && levels.length < demand.length) throw new NeedsOtherWayError('all')

  const decisions = decide(orders, {levels, offered, kept, holding})
  const written = sendOrderWrite(
    trx,
    decisions.filter((decision): decision is AcceptedOrder => 'allocations' in decision),
  )
  return sent(written.then((rows) => outcomesOf(decisions, [...kept, ...rows])))
}

type Known = {levels: StockLevelRow[]; offered: Offer[]; kept: KeptOrder[]; holding: Set<string>}

function decide(orders: NewOrder[], {levels, offered, kept, holding}: Known): Decision[] {
  const shelf = new Shelf(levels)
  const offers = new Offers(offered)
  const keys = new IdempotencyKeys(kept)

  return orders.map((order): Decision => {
    try {
      const {userId, tokenHash} = order
      if (tokenHash && !holding.has(holdingKey(userId, tokenHash))) throw new TokenEndedError()
      const repeats = keys.find(order)
      if (repeats !== undefined) return {repeats}
      const lines = offers.price(order.items, order.currency)
      shelf.requireStock(order.items)
      const total = sumLines(lines)
      requireExpectedTotal(order, total)
      keys.add(order)
      return {order, placedAt: offers.readAt, lines, total, allocations: shelf.take(order.items)}
    } catch (error) {
      if (error instanceof ShopError) return {refusal: error}
      throw error
    }
  })
}

function outcomesOf(decisions: Decision[], rows: WrittenOrder[]): Outcome[] {
  const placed = new Map<string, PlacedOrder>()
  for (const {requestId, id, currency, total, createdAt} of rows)
    placed.set(requestId, {id, currency, total, createdAt})

  return decisions.map((decision): Outcome => {
    if ('refusal' in decision) return {status: 'refused', error: decision.refusal}
    const isReplay = 'repeats' in decision
    const order = placed.get(isReplay ? decision.repeats : decision.order.requestId)
    if (!order) throw new Error('An accepted order is not among those that were written.')
    return {status: 'placed', placement: {order, isReplay}}
  })
}
