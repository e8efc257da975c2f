import {awaitStandbys} from '../../db/pipeline/await-standbys.ts'
import {type PipelinedTransaction, type Sent, sent} from '../../db/pipeline/run-pipelined.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {OutOfStockError, type ShopError} from '../../errors.ts'
import type {Released} from '../../metrics/shop-metrics.ts'
import {checkTokens} from '../accounts/tokens.ts'
import type {Basket} from '../baskets/basket.ts'
import {lockFreeStock, lockAllStock, sumDemand} from '../stock/lock.ts'
import {Shelf} from '../stock/shelf.ts'
import {decideOne, placedOutcome, type Refusal, termsOf} from './accept.ts'
import {IdempotencyKeys, isKeptOrder, type KeptKey, readKeptKeys} from './idempotency.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {type Offer, Offers, readOffers} from './offers.ts'
import {type AcceptedOrder, writeOrders, toPlacedOrder, type WrittenOrder} from './order-writes.ts'

/** What became of one order of a batch. */
export type Outcome =
  | {status: 'placed'; placement: Placement}
  /** The basket of the user afterwards; undefined if there is none. A replay is an addition that was made before. */
  | {status: 'changed'; basket: Basket | undefined; isReplay?: true}
  | {status: 'refused'; error: ShopError}

/** `free` locks one unlocked stock level of each product; `all` waits for every level. */
export type StockLock = 'all' | 'free'

/** `baskets` locks baskets as well, and decides with what they hold (decide-baskets.ts). */
export type Way = StockLock | 'baskets'

/**
 * The outcomes of a batch, or the lock that another transaction needs to decide it; then nothing was written. `shortOf`
 * has the products without an unlocked level that has enough: each is sold out, spread over levels, or locked. `released`
 * counts the holds that end.
 */
export type Decided = {outcomes: Outcome[]; released?: Released} | {retryWith: Way; shortOf: number[]}

type Decision = AcceptedOrder | Refusal | {repeats: string}

/**
 * Decides a batch of orders in the order of their arrival, in one READ COMMITTED transaction: each statement after the
 * lock sees everything that was committed while it waited for the lock. A refused order does not affect the others.
 * An exception fails the whole batch; `placeBatch` then places the orders one by one to find the cause.
 *
 * Takes two round trips: the reads go with the lock, and COMMIT follows the write at once. The outcomes are final when
 * the transaction is committed.
 */
export async function decideOrders(
  trx: PipelinedTransaction,
  orders: NewOrder[],
  lock: StockLock,
): Promise<Sent<Decided>> {
  const demand = sumDemand(orders.flatMap(({items}) => items))
  const productIds = demand.map(({productId}) => productId)
  const currencies = [...new Set(orders.map(({currency}) => currency))]
  const tokenHashes = orders.flatMap(({tokenHash}) => tokenHash ?? [])

  const [levels, offered, kept, tokens] = await Promise.all([
    lock === 'free' ? lockFreeStock(trx, demand) : lockAllStock(trx, productIds),
    readOffers(trx, productIds, currencies),
    readKeptKeys(trx, orders),
    checkTokens(trx, tokenHashes),
  ])
  // Some product has no unlocked level with enough of it: all of its levels must be locked to find out if there is enough.
  if (lock === 'free' && levels.length < demand.length) {
    const locked = new Set(levels.map((level) => level.product_id))
    return sent(Promise.resolve({retryWith: 'all', shortOf: productIds.filter((id) => !locked.has(id))}))
  }

  const decisions = decideInMemory(orders, {levels, offered, kept, tokens})
  if (mayBeHeld(decisions, levels)) return sent(Promise.resolve({retryWith: 'baskets', shortOf: []}))
  const confirmed = kept.length > 0 ? trx.send(awaitStandbys) : undefined
  const written = writeOrders(
    trx,
    decisions.filter((decision): decision is AcceptedOrder => 'allocations' in decision),
  )
  return sent(
    Promise.all([written, confirmed]).then(([rows]) => ({
      outcomes: outcomesOf(decisions, [...kept.filter(isKeptOrder), ...rows]),
    })),
  )
}

/** What was read after the lock was taken. */
type Known = {levels: StockLevelRow[]; offered: Offer[]; kept: KeptKey[]; tokens: Set<string>}

function decideInMemory(orders: NewOrder[], {levels, offered, kept, tokens}: Known): Decision[] {
  const shelf = new Shelf(levels)
  const offers = new Offers(offered)
  const keys = new IdempotencyKeys(kept)

  const decide = (order: NewOrder): Decision => {
    const repeats = keys.find(order)
    if (repeats !== undefined) return {repeats}
    const {items} = order
    const requireStock = (): void => {
      shelf.requireStock(items)
    }
    const terms = termsOf(order, {items, offers, requireStock})
    keys.add(order)
    return {...terms, allocations: shelf.take(items)}
  }
  return orders.map((order) => decideOne(order, tokens, () => decide(order)))
}

/** Whether an order lacks stock that is held: by its own buyer, or by somebody whose hold has expired. */
function mayBeHeld(decisions: Decision[], levels: StockLevelRow[]): boolean {
  const held = new Set(levels.filter(({reserved}) => reserved > 0).map((level) => level.product_id))
  return decisions.some(
    (decision) =>
      'refusal' in decision &&
      decision.refusal instanceof OutOfStockError &&
      decision.refusal.shortages.some(({productId}) => held.has(productId)),
  )
}

function outcomesOf(decisions: Decision[], rows: WrittenOrder[]): Outcome[] {
  const placed = new Map(rows.map((row) => [row.requestId, toPlacedOrder(row)]))

  return decisions.map((decision): Outcome => {
    if ('refusal' in decision) return {status: 'refused', error: decision.refusal}
    return placedOutcome(decision, placed)
  })
}
