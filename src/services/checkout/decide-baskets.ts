import type {PipelinedTransaction, Sent} from '../../db/pipeline/run-pipelined.ts'
import {sent} from '../../db/pipeline/run-pipelined.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {
  BasketChangedError,
  BasketFullError,
  BasketLockedError,
  HoldLimitError,
  InvalidOrderError,
  OutcomeUnknownError,
  ShopError,
  TokenEndedError,
  UnknownBasketError,
  UnknownProductError,
} from '../../errors.ts'
import {checkTokens, tokenKey} from '../accounts/tokens.ts'
import {type Basket, readBaskets, versionOf, versionOfNone} from '../baskets/basket.ts'
import type {HoldSettings} from '../../hold-settings.ts'
import {type HoldRow, Holds, type HoldTimes} from '../baskets/holds.ts'
import {
  type BasketLine,
  type LockedBasket,
  lockBaskets,
  openBaskets,
  type OrderedBasket,
  readHolds,
  readLines,
  readOrderedBaskets,
} from '../baskets/read-locked.ts'
import {type BasketWrites, writeBaskets} from '../baskets/write.ts'
import {lockStockWithBaskets} from '../stock/lock.ts'
import {Shelf} from '../stock/shelf.ts'
import type {Decided, Outcome} from './decide.ts'
import {IdempotencyKeys, isKeptOrder, type KeptKey, readKeptKeys} from './idempotency.ts'
import {asksForHold, type BasketChange, type Change, type Checkout, isOfWholeBasket, itemsOf, type Job} from './jobs.ts'
import type {NewOrder, OrderItem, PlacedOrder} from './new-order.ts'
import {type Offer, Offers, readOffersWithBaskets, requireExpectedTotal, requireQuantity, sumLines} from './offers.ts'
import {type AcceptedOrder, toPlacedOrder, writeOrders} from './order-writes.ts'

type Decision = AcceptedOrder | {changed: true} | {refusal: ShopError} | {repeats: string}

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
  const found = await readLocked(trx, jobs, settings)
  // Another transaction ordered the basket, and the user has another one since.
  if (jobs.some((job) => isFilling(job) && !found.baskets.some(({userId}) => userId === job.userId))) {
    return sent(Promise.resolve({retryWith: 'baskets', shortOf: []}))
  }

  const batch = new BasketBatch(found, {settings, isRetry})
  const decisions = jobs.map((job) => batch.decide(job))
  const accepted = decisions.filter((decision): decision is AcceptedOrder => 'allocations' in decision)
  const {reserved, ...writes} = batch.writes()
  const written = writeOrders(trx, accepted, reserved)
  const stored = isAnythingWritten(writes) ? writeBaskets(trx, writes) : undefined
  const changers = jobs.flatMap((job) => (job.kind === 'change' ? job.userId : []))
  const baskets = changers.length > 0 ? readBaskets(trx, changers) : new Map<number, Basket>()

  return sent(
    Promise.all([written, baskets, stored]).then(([rows, read]) => {
      const orders = [...found.kept.filter(isKeptOrder), ...found.ordered, ...rows]
      const placed = new Map(orders.map((order) => [order.requestId, toPlacedOrder(order)]))
      return {outcomes: decisions.map((decision, index) => outcomeOf(decision, jobs[index], {placed, baskets: read}))}
    }),
  )
}

type Found = {
  baskets: LockedBasket[]
  ordered: (OrderedBasket & PlacedOrder)[]
  levels: StockLevelRow[]
  lines: BasketLine[]
  holds: {rows: HoldRow[]; times: HoldTimes}
  offers: Offer[]
  kept: KeptKey[]
  tokens: Set<string>
}

async function readLocked(trx: PipelinedTransaction, jobs: Job[], settings: HoldSettings): Promise<Found> {
  const productIds = distinct(jobs.flatMap((job) => itemsOf(job).map(({productId}) => productId)))
  const userIds = distinct(jobs.map(({userId}) => userId))
  const wholeUserIds = distinct(jobs.filter(isOfWholeBasket).map(({userId}) => userId))
  const ids = {productIds, userIds, wholeUserIds}
  const named = jobs.flatMap((job) => (job.kind === 'checkout' && job.basketId !== undefined ? job.basketId : []))

  const [, baskets, levels, ordered, lines, holds, offers, kept, tokens] = await Promise.all([
    openBaskets(trx, jobs.filter(isFilling)),
    lockBaskets(trx, userIds),
    lockStockWithBaskets(trx, productIds, wholeUserIds),
    readOrderedBaskets<PlacedOrder>(trx, named),
    readLines(trx, userIds),
    readHolds(trx, ids, settings),
    readOffersWithBaskets(trx, ids, distinct(jobs.flatMap((job) => (job.kind === 'change' ? [] : job.currency)))),
    readKeptKeys(trx, jobs),
    checkTokens(
      trx,
      jobs.flatMap(({tokenHash}) => tokenHash ?? []),
    ),
  ])
  return {baskets, levels, ordered, lines, holds, offers, kept, tokens}
}

function isAnythingWritten({baskets, holds}: BasketWrites): boolean {
  return baskets.length > 0 || holds.written.length > 0 || holds.deleted.length > 0
}

function distinct<Value>(values: Value[]): Value[] {
  return [...new Set(values)]
}

/** Whether a job puts something into a basket. */
function isFilling(job: Job): job is BasketChange {
  return job.kind === 'change' && (job.change.kind === 'add' || job.change.kind === 'set')
}

function outcomeOf(
  decision: Decision,
  job: Job | undefined,
  {placed, baskets}: {placed: Map<string, PlacedOrder>; baskets: Map<number, Basket>},
): Outcome {
  if ('refusal' in decision) return {status: 'refused', error: decision.refusal}
  if ('changed' in decision) return {status: 'changed', basket: baskets.get(job?.userId ?? 0)}
  const isReplay = 'repeats' in decision
  const order = placed.get(isReplay ? decision.repeats : decision.order.requestId)
  if (!order) throw new Error('An accepted order is missing among the written ones.')
  return {status: 'placed', placement: {order, isReplay}}
}

/** A basket while the batch is decided. */
type OpenBasket = LockedBasket & {
  lines: Map<number, {quantity: number; seenPrice: number}>
  isChanged: boolean
  orderRequestId?: string
}

/** Whether there is nothing to remove. Other requests for a version of the basket then still succeed. */
function changesNothing(change: Change, {lines}: OpenBasket): boolean {
  if (change.kind === 'remove') return !lines.has(change.productId)
  return change.kind === 'clear' && lines.size === 0
}

/** The state of everything that is locked, changed by one decision after another. */
class BasketBatch {
  readonly #settings: HoldSettings
  readonly #isRetry: boolean
  readonly #baskets = new Map<number, OpenBasket>()
  readonly #ordered: Map<number, {userId: number; requestId: string}>
  readonly #before: BasketLine[]
  readonly #holds: Holds
  readonly #offers: Offers
  readonly #keys: IdempotencyKeys
  readonly #tokens: Set<string>
  readonly #newKeys: BasketWrites['keys'] = []

  constructor(
    {baskets, ordered, levels, lines, holds, offers, kept, tokens}: Found,
    {settings, isRetry}: {settings: HoldSettings; isRetry: boolean},
  ) {
    this.#settings = settings
    this.#isRetry = isRetry
    for (const basket of baskets) this.#baskets.set(basket.userId, {...basket, lines: new Map(), isChanged: false})
    const byId = new Map([...this.#baskets.values()].map((basket) => [basket.id, basket]))
    for (const {basketId, productId, ...line} of lines) byId.get(basketId)?.lines.set(productId, line)
    this.#before = lines
    this.#ordered = new Map(ordered.map((basket) => [basket.basketId, basket]))
    this.#holds = new Holds(holds.rows, holds.times, new Shelf(levels))
    this.#offers = new Offers(offers)
    this.#keys = new IdempotencyKeys(kept)
    this.#tokens = tokens
  }

  decide(job: Job): Decision {
    try {
      const {userId, tokenHash} = job
      if (tokenHash && !this.#tokens.has(tokenKey(userId, tokenHash))) throw new TokenEndedError()
      if (job.kind === 'change') return this.#change(job)
      return job.kind === 'checkout' ? this.#checkOut(job) : this.#order(job)
    } catch (error) {
      if (error instanceof ShopError) return {refusal: error}
      throw error
    }
  }

  /** The rows to write: the difference between what was read and what was decided. */
  writes(): BasketWrites & {reserved: ReturnType<Holds['changes']>['reserved']} {
    const {reserved, ...holds} = this.#holds.changes()
    const changed = [...this.#baskets.values()].filter(({isChanged}) => isChanged)
    const before = new Map(this.#before.map((line) => [`${line.basketId} ${line.productId}`, line]))
    const lines = changed.flatMap(({id, lines}) =>
      [...lines].map(([productId, line]) => ({basketId: id, productId, ...line})),
    )
    const kept = new Set(lines.map(({basketId, productId}) => `${basketId} ${productId}`))
    const changedIds = new Set(changed.map(({id}) => id))
    return {
      baskets: changed,
      writtenLines: lines.filter(({basketId, productId, quantity, seenPrice}) => {
        const line = before.get(`${basketId} ${productId}`)
        return line?.quantity !== quantity || line.seenPrice !== seenPrice
      }),
      deletedLines: this.#before.filter(
        ({basketId, productId}) => changedIds.has(basketId) && !kept.has(`${basketId} ${productId}`),
      ),
      holds,
      keys: this.#newKeys,
      reserved: reserved.filter(({quantity}) => quantity !== 0),
    }
  }

  #order(order: NewOrder): Decision {
    const repeats = this.#keys.find(order)
    if (repeats !== undefined) return {repeats}
    const {items, currency} = order
    const basket = this.#openBasket(order.userId)
    const lines = this.#offers.price(items, currency)
    this.#holds.requireStock(items, basket?.id)
    const total = sumLines(lines)
    requireExpectedTotal(order, total)
    this.#keys.add(order)
    const held = basket && this.#holds.heldOf(basket.id)
    const allocations = this.#holds.takeForOrder(items, basket?.id)
    if (basket && this.#holds.heldOf(basket.id) !== held) {
      Object.assign(basket, {isChanged: true, version: basket.version + 1})
    }
    return {order, placedAt: this.#offers.readAt, lines, total, allocations}
  }

  #checkOut(checkout: Checkout): Decision {
    const repeats = this.#keys.find(checkout) ?? this.#orderOf(checkout)
    if (repeats !== undefined) return {repeats}
    const basket = this.#baskets.get(checkout.userId)
    if (checkout.basketId !== undefined && basket?.id !== checkout.basketId) {
      throw new UnknownBasketError(checkout.basketId)
    }
    this.#requireVersion(checkout, basket)
    if (!basket || basket.lines.size === 0) throw new InvalidOrderError([{message: 'The basket is empty.'}])
    if (basket.status !== 'open') throw new BasketLockedError()

    const items = [...basket.lines].map(([productId, {quantity}]) => ({productId, quantity}))
    const lines = this.#offers.price(items, checkout.currency)
    this.#holds.requireStock(items, basket.id)
    const total = sumLines(lines)
    requireExpectedTotal(checkout, total)
    this.#keys.add(checkout)
    const allocations = this.#holds.takeForCheckout(items, basket.id)
    this.#releaseAll(basket)
    const {requestId} = checkout
    Object.assign(basket, {isChanged: true, version: basket.version + 1, orderRequestId: requestId})
    this.#ordered.set(basket.id, {userId: checkout.userId, requestId})
    return {order: checkout, placedAt: this.#offers.readAt, lines, total, allocations}
  }

  /** The order that the named basket became. */
  #orderOf({userId, basketId}: Checkout): string | undefined {
    const ordered = basketId === undefined ? undefined : this.#ordered.get(basketId)
    return ordered?.userId === userId ? ordered.requestId : undefined
  }

  #change(job: BasketChange): Decision {
    if (this.#keys.has(job)) return {changed: true}
    const {userId, change} = job
    const basket = this.#baskets.get(userId)
    if (basket && basket.status !== 'open') throw new BasketLockedError()
    this.#requireVersion(job, basket)
    if (!basket || changesNothing(change, basket)) return {changed: true}
    if (asksForHold(job) && !this.#isRetry) this.#requireRate(basket)

    if (change.kind === 'add') this.#add(basket, change.items)
    else if (change.kind === 'set') this.#fill(basket, [change.item])
    else if (change.kind === 'hold') this.#holdAll(basket)
    else if (change.kind === 'remove') this.#remove(basket, [change.productId])
    else this.#remove(basket, [...basket.lines.keys()])

    if (asksForHold(job)) basket.holdCount++
    Object.assign(basket, {isChanged: true, version: basket.version + 1})
    if (job.idempotency) {
      this.#keys.add(job)
      this.#newKeys.push({userId, basketId: basket.id, ...job.idempotency})
    }
    return {changed: true}
  }

  #requireVersion({kind, ifVersions}: BasketChange | Checkout, basket: OpenBasket | undefined): void {
    if (!ifVersions || ifVersions.includes(basket ? versionOf(basket) : versionOfNone)) return
    throw this.#isRetry && kind === 'change' ? new OutcomeUnknownError() : new BasketChangedError()
  }

  #requireRate({holdCount}: OpenBasket): void {
    const {hold, holdUserRate} = this.#settings
    if (hold === 'off' || holdCount < holdUserRate) return
    throw new HoldLimitError(`A user may ask for stock to be held ${holdUserRate} times in a minute.`)
  }

  #add(basket: OpenBasket, items: OrderItem[]): void {
    this.#fill(
      basket,
      items.map(({productId, quantity}) => ({
        productId,
        // More than any shop has, and still a number that JSON can carry.
        quantity: Math.min(quantity + (basket.lines.get(productId)?.quantity ?? 0), Number.MAX_SAFE_INTEGER),
      })),
    )
  }

  /** Sets the quantities of lines, all or none. */
  #fill(basket: OpenBasket, items: OrderItem[]): void {
    const {hold, basketLines} = this.#settings
    const offers = items.map(({productId}) => {
      const offer = this.#offers.find(productId, basket.currency)
      if (!offer) throw new UnknownProductError(productId)
      return offer
    })
    for (const [index, item] of items.entries()) requireQuantity(item, offers[index])
    const newLines = items.filter(({productId}) => !basket.lines.has(productId)).length
    if (basket.lines.size + newLines > basketLines) throw new BasketFullError(basketLines)
    this.#holds.requireStock(items, basket.id, 'basket')

    for (const [index, item] of items.entries()) {
      const {productId, quantity} = item
      basket.lines.set(productId, {quantity, seenPrice: offers[index]?.price ?? 0})
      if (hold === 'add') this.#holds.hold(basket.id, item)
      else this.#trim(basket, item)
    }
  }

  /** No hold may be larger than its line. */
  #trim(basket: OpenBasket, {productId, quantity}: OrderItem): void {
    const excess = this.#holds.held(basket.id, productId) - quantity
    if (excess > 0) this.#holds.release(basket.id, {productId, quantity: excess})
  }

  /** Extends all holds, and holds what is free of lines that are not held. */
  #holdAll(basket: OpenBasket): void {
    if (this.#settings.hold === 'off') return
    const lines = [...basket.lines].map(([productId, {quantity}]) => ({productId, quantity}))
    const isAtMaximum = lines.map(
      (line) =>
        this.#holds.isAtMaximum(basket.id, line.productId) &&
        this.#holds.held(basket.id, line.productId) === line.quantity,
    )
    if (lines.length > 0 && isAtMaximum.every(Boolean) && !this.#isRetry) {
      throw new HoldLimitError(`Stock is held for at most ${this.#settings.holdMaxSeconds} seconds.`)
    }
    for (const {productId, quantity} of lines) {
      const available = Math.min(quantity, this.#holds.available(basket.id, productId))
      if (available > 0) this.#holds.hold(basket.id, {productId, quantity: available})
    }
  }

  #remove(basket: OpenBasket, productIds: number[]): void {
    for (const productId of productIds) {
      this.#holds.release(basket.id, {productId, quantity: this.#holds.held(basket.id, productId)})
      basket.lines.delete(productId)
    }
  }

  /** Whatever is still held after the order has taken its units. */
  #releaseAll(basket: OpenBasket): void {
    for (const productId of basket.lines.keys()) {
      this.#holds.release(basket.id, {productId, quantity: this.#holds.held(basket.id, productId)})
    }
  }

  /** The basket whose holds an order of its user may use. */
  #openBasket(userId: number): OpenBasket | undefined {
    const basket = this.#baskets.get(userId)
    return basket?.status === 'open' && basket.orderRequestId === undefined ? basket : undefined
  }
}
