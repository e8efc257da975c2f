import type {HoldSettings} from '../../hold-settings.ts'
import {awaitStandbys} from '../../db/pipeline/await-standbys.ts'
import type {PipelinedTransaction, Sent} from '../../db/pipeline/run-pipelined.ts'
import {sent} from '../../db/pipeline/run-pipelined.ts'
import {checkTokens} from '../accounts/tokens.ts'
import {type Basket, readBaskets} from '../baskets/basket.ts'
import {drawBaskets, lockBaskets, type OrderedBasket, readContents, readOrderedBaskets} from '../baskets/read-locked.ts'
import {writeBaskets} from '../baskets/write.ts'
import {lockStockWithBaskets} from '../stock/lock.ts'
import {placedOutcome} from './accept.ts'
import {BasketBatch, type Decision, type Locked} from './basket-batch.ts'
import type {Decided, Outcome} from './decide.ts'
import {isKeptOrder, readKeptKeys} from './idempotency.ts'
import {isFilling, isOfWholeBasket, itemsOf, type Job} from './jobs.ts'
import type {PlacedOrder} from './new-order.ts'
import {readOffersWithBaskets} from './offers.ts'
import {type AcceptedOrder, toPlacedOrder, writeOrders} from './order-writes.ts'

/**
 * Decides a batch of jobs in the order of their arrival, as `decideOrders` does for plain orders. Locks the baskets of all
 * users of the batch by their ids, and then every stock level of the products by (product, pool), so that nobody else
 * changes any of them. Takes two round trips.
 *
 * If `isRetry`, an earlier attempt may have changed the baskets already.
 */
export async function decideWithBaskets(
  trx: PipelinedTransaction,
  jobs: Job[],
  {settings, isRetry}: {settings: HoldSettings; isRetry: boolean},
): Promise<Sent<Decided>> {
  const locked = await readLocked(trx, jobs, settings)
  // Another transaction ordered the basket, and the user has another one since.
  const users = new Set([...locked.baskets, ...locked.newBaskets].map(({userId}) => userId))
  if (jobs.some((job) => isFilling(job) && !users.has(job.userId))) {
    return sent(Promise.resolve({retryWith: 'baskets', shortOf: []}))
  }

  const batch = new BasketBatch(locked, {settings, isRetry})
  const decisions = jobs.map((job) => batch.decide(job))
  const accepted = decisions.filter((decision): decision is AcceptedOrder => 'allocations' in decision)
  const {reserved, ...writes} = batch.writes()
  const {released} = writes.holds
  const written = writeOrders(trx, accepted, reserved)
  const stored = writeBaskets(trx, writes)
  const changers = distinct(jobs.flatMap((job) => (job.kind === 'change' ? job.userId : [])))
  const known = batch.knownBaskets(changers)
  const unknown = changers.filter((userId) => !known.has(userId))
  const read = unknown.length > 0 ? readBaskets(trx, unknown) : new Map<number, Basket>()

  const isConfirming = locked.kept.length > 0 || locked.ordered.length > 0
  const confirmed = isConfirming ? trx.send(awaitStandbys) : undefined

  return sent(
    Promise.all([written, read, stored, confirmed]).then(([rows, read]) => {
      const orders = [...locked.kept.filter(isKeptOrder), ...locked.ordered, ...rows]
      const placed = new Map(orders.map((order) => [order.requestId, toPlacedOrder(order)]))
      const baskets = new Map([...known, ...read])
      return {
        outcomes: decisions.map((decision, index) => outcomeOf(decision, jobs[index], {placed, baskets})),
        released,
      }
    }),
  )
}

async function readLocked(
  trx: PipelinedTransaction,
  jobs: Job[],
  settings: HoldSettings,
): Promise<Locked & {ordered: (OrderedBasket & PlacedOrder)[]}> {
  const productIds = distinct(jobs.flatMap((job) => itemsOf(job).map(({productId}) => productId)))
  const userIds = distinct(jobs.map(({userId}) => userId))
  const wholeUserIds = distinct(jobs.filter(isOfWholeBasket).map(({userId}) => userId))
  const ids = {productIds, userIds, wholeUserIds}
  const named = jobs.flatMap((job) => (job.kind === 'checkout' && job.basketId !== undefined ? job.basketId : []))

  const [baskets, newBaskets, levels, ordered, {lines, holds}, offers, kept, tokens] = await Promise.all([
    lockBaskets(trx, userIds),
    drawBaskets(trx, jobs.filter(isFilling)),
    lockStockWithBaskets(trx, productIds, wholeUserIds),
    readOrderedBaskets<PlacedOrder>(trx, named),
    readContents(trx, ids, settings),
    readOffersWithBaskets(trx, ids, distinct(jobs.map(({currency}) => currency))),
    readKeptKeys(trx, jobs),
    checkTokens(
      trx,
      jobs.flatMap(({tokenHash}) => tokenHash ?? []),
    ),
  ])
  return {baskets, newBaskets, levels, ordered, lines, holds, offers, kept, tokens}
}

function distinct<Value>(values: Value[]): Value[] {
  return [...new Set(values)]
}

function outcomeOf(
  decision: Decision,
  job: Job | undefined,
  {placed, baskets}: {placed: Map<string, PlacedOrder>; baskets: Map<number, Basket | undefined>},
): Outcome {
  if ('refusal' in decision) return {status: 'refused', error: decision.refusal}
  if ('changed' in decision) {
    const {isReplay} = decision
    return {status: 'changed', basket: baskets.get(job?.userId ?? 0), ...(isReplay && {isReplay})}
  }
  return placedOutcome(decision, placed)
}
