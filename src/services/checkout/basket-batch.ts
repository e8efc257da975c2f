import type {HoldSettings} from '../../hold-settings.ts'
import {
  BasketChangedError,
  BasketFullError,
  BasketLockedError,
  HoldLimitError,
  InvalidOrderError,
  OutcomeUnknownError,
  UnknownBasketError,
  UnknownProductError,
} from '../../errors.ts'
import {type Basket, composeBasket, type LineFacts, versionOf, versionOfNone} from '../baskets/basket.ts'
import {type HoldRow, Holds, type HoldTimes} from '../baskets/holds.ts'
import type {BasketLine, LockedBasket, OrderedBasket} from '../baskets/read-locked.ts'
import type {BasketWrites} from '../baskets/write.ts'
import type {StockLevelRow} from '../../db/tables.ts'
import {Shelf} from '../stock/shelf.ts'
import {decideOne, type Refusal, type Terms, termsOf} from './accept.ts'
import {IdempotencyKeys, type KeptKey} from './idempotency.ts'
import {asksForHold, type BasketChange, type Change, type Checkout, type Job} from './jobs.ts'
import type {NewOrder, OrderItem} from './new-order.ts'
import {type Offer, Offers, requireQuantity} from './offers.ts'
import type {AcceptedOrder} from './order-writes.ts'

export type Decision = AcceptedOrder | Refusal | {changed: true; isReplay?: true} | {repeats: string}

/** Everything that the jobs of a batch depend on, read behind its locks. */
export type Locked = {
  baskets: LockedBasket[]
  /** For users who have none. They begin to exist when the batch changes them. */
  newBaskets: LockedBasket[]
  ordered: OrderedBasket[]
  levels: StockLevelRow[]
  lines: BasketLine[]
  holds: {rows: HoldRow[]; times: HoldTimes}
  offers: Offer[]
  kept: KeptKey[]
  tokens: Set<string>
}

/** A basket while the batch is decided. */
type OpenBasket = LockedBasket & {
  lines: Map<number, Pick<BasketLine, 'quantity' | 'seenPrice'>>
  /** Whether it exists only if this batch changes it. */
  isNew: boolean
  isChanged: boolean
  orderRequestId: string | undefined
}

/** Whether it can be changed and ordered: it is not being paid, and the batch has not ordered it. */
function isOpen({status, orderRequestId}: OpenBasket): boolean {
  return status === 'open' && orderRequestId === undefined
}

function opened(
  {id, userId, currency, status, version, holdCount}: LockedBasket,
  {isNew}: {isNew: boolean},
): OpenBasket {
  const lines: OpenBasket['lines'] = new Map()
  return {id, userId, currency, status, version, holdCount, lines, isNew, isChanged: false, orderRequestId: undefined}
}

function lineKey(basketId: number, productId: number): string {
  return `${basketId} ${productId}`
}

/** Whether there is nothing to remove. Other requests for a version of the basket then still succeed. */
function changesNothing(change: Change, {lines}: OpenBasket): boolean {
  if (change.kind === 'remove') return !lines.has(change.productId)
  return change.kind === 'clear' && lines.size === 0
}

/**
 * The state of everything that is locked, changed by one decision after another. Rows are composed field by field, here and
 * in holds.ts: spreads took a sixth of the program's time for a batch.
 */
export class BasketBatch {
  readonly #settings: HoldSettings
  readonly #isRetry: boolean
  /** By their users. */
  readonly #baskets = new Map<number, OpenBasket>()
  readonly #byId: Map<number, OpenBasket>
  readonly #ordered: Map<number, {userId: number; requestId: string}>
  /** The lines as they were read, in this order. */
  readonly #before: Map<string, {line: BasketLine; place: number}>
  readonly #holds: Holds
  readonly #offers: Offers
  readonly #keys: IdempotencyKeys
  readonly #tokens: Set<string>
  readonly #newKeys: BasketWrites['keys'] = []

  constructor(
    {baskets, newBaskets, ordered, levels, lines, holds, offers, kept, tokens}: Locked,
    {settings, isRetry}: {settings: HoldSettings; isRetry: boolean},
  ) {
    this.#settings = settings
    this.#isRetry = isRetry
    for (const basket of baskets) this.#baskets.set(basket.userId, opened(basket, {isNew: false}))
    for (const basket of newBaskets) this.#baskets.set(basket.userId, opened(basket, {isNew: true}))
    this.#byId = new Map([...this.#baskets.values()].map((basket) => [basket.id, basket]))
    for (const line of lines) this.#byId.get(line.basketId)?.lines.set(line.productId, line)
    this.#before = new Map(lines.map((line, place) => [lineKey(line.basketId, line.productId), {line, place}]))
    this.#ordered = new Map(ordered.map((basket) => [basket.basketId, basket]))
    this.#holds = new Holds(holds.rows, holds.times, new Shelf(levels))
    this.#offers = new Offers(offers)
    this.#keys = new IdempotencyKeys(kept)
    this.#tokens = tokens
  }

  decide(job: Job): Decision {
    return decideOne(job, this.#tokens, () => {
      if (job.kind === 'change') return this.#change(job)
      return job.kind === 'checkout' ? this.#checkOut(job) : this.#order(job)
    })
  }

  /** The rows to write: the difference between what was read and what was decided. */
  writes(): BasketWrites & {reserved: ReturnType<Holds['changes']>['reserved']} {
    const {reserved, ...holds} = this.#holds.changes()
    const changed = [...this.#baskets.values()].filter(({isChanged}) => isChanged)
    return {
      newBaskets: changed.filter(({isNew}) => isNew),
      changedBaskets: changed.filter(({isNew}) => !isNew),
      ...this.#lineChanges(changed),
      holds,
      keys: this.#newKeys,
      reserved: reserved.filter(({quantity}) => quantity !== 0),
    }
  }

  #lineChanges(changed: OpenBasket[]): Pick<BasketWrites, 'changedLines' | 'deletedLines' | 'newLines'> {
    const newLines: BasketLine[] = []
    const changedLines: BasketLine[] = []
    for (const {id, lines} of changed) {
      for (const [productId, {quantity, seenPrice}] of lines) {
        const before = this.#before.get(lineKey(id, productId))?.line
        const line = {basketId: id, productId, quantity, seenPrice}
        if (!before) newLines.push(line)
        else if (before.quantity !== quantity || before.seenPrice !== seenPrice) changedLines.push(line)
      }
    }
    const before = [...this.#before.values()].map(({line}) => line)
    const deletedLines = before.filter(
      ({basketId, productId}) => this.#byId.get(basketId)?.lines.has(productId) === false,
    )
    return {newLines, changedLines, deletedLines}
  }

  /**
   * The users' baskets as they will be, undefined for a user without one. Leaves out baskets with a product that the batch
   * did not ask about.
   */
  knownBaskets(userIds: number[]): Map<number, Basket | undefined> {
    const known = new Map<number, Basket | undefined>()
    for (const userId of userIds) {
      const basket = this.#baskets.get(userId)
      if (!basket || basket.orderRequestId !== undefined || (basket.isNew && !basket.isChanged)) {
        known.set(userId, undefined)
        continue
      }
      const lines = this.#factsOf(basket)
      if (lines.length === basket.lines.size) known.set(userId, composeBasket(basket, lines))
    }
    return known
  }

  /** Of the lines whose products are known, in the order in which the database would return them. */
  #factsOf({id, currency, lines}: OpenBasket): LineFacts[] {
    const facts: LineFacts[] = []
    for (const [productId, {quantity, seenPrice}] of lines) {
      const offer = this.#offers.get(productId, currency)
      if (!offer) continue
      const {name, enabled, maxPerOrder, price} = offer
      const {held, heldUntil} = this.#holds.lasting(id, productId)
      const available = this.#holds.available(id, productId)
      facts.push({productId, name, enabled, maxPerOrder, price, quantity, seenPrice, held, heldUntil, available})
    }
    const placeOf = ({productId}: LineFacts): number => this.#before.get(lineKey(id, productId))?.place ?? Infinity
    return facts.length < 2 ? facts : facts.sort((a, b) => placeOf(a) - placeOf(b) || a.productId - b.productId)
  }

  #order(order: NewOrder): Decision {
    const repeats = this.#keys.find(order)
    if (repeats !== undefined) return {repeats}
    const {items} = order
    const basket = this.#openBasket(order.userId)
    const {placedAt, lines, total, payment} = this.#termsOf(order, items, basket)
    this.#keys.add(order)
    const held = basket && this.#holds.heldOf(basket.id)
    const allocations = this.#holds.takeForOrder(items, basket?.id)
    if (basket && this.#holds.heldOf(basket.id) !== held) {
      Object.assign(basket, {isChanged: true, version: basket.version + 1})
    }
    return {order, placedAt, lines, total, payment, allocations}
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
    if (!isOpen(basket)) throw new BasketLockedError()

    const items = [...basket.lines].map(([productId, {quantity}]) => ({productId, quantity}))
    const {order, placedAt, lines, total, payment} = this.#termsOf(checkout, items, basket)
    this.#keys.add(checkout)
    const allocations = this.#holds.takeForCheckout(items, basket.id)
    this.#releaseAll(basket)
    const {requestId} = checkout
    Object.assign(basket, {isChanged: true, version: basket.version + 1, orderRequestId: requestId})
    this.#ordered.set(basket.id, {userId: checkout.userId, requestId})
    if (payment) payment.basketId = basket.id
    return {order, placedAt, lines, total, payment, allocations}
  }

  /** The order may take what is held for the basket. */
  #termsOf(order: Checkout | NewOrder, items: OrderItem[], basket: OpenBasket | undefined): Terms {
    const requireStock = (): void => {
      this.#holds.requireStock(items, basket?.id)
    }
    return termsOf(order, {items, offers: this.#offers, requireStock})
  }

  /** The order that the named basket became. */
  #orderOf({userId, basketId}: Checkout): string | undefined {
    const ordered = basketId === undefined ? undefined : this.#ordered.get(basketId)
    return ordered?.userId === userId ? ordered.requestId : undefined
  }

  #change(job: BasketChange): Decision {
    // In a retry, the earlier request may have been the lost attempt of this one.
    if (this.#keys.has(job)) return this.#isRetry ? {changed: true} : {changed: true, isReplay: true}
    const {userId, change} = job
    const basket = this.#baskets.get(userId)
    if (basket && !isOpen(basket)) throw new BasketLockedError()
    this.#requireVersion(job, basket)
    if (!basket || changesNothing(change, basket)) return {changed: true}
    if (asksForHold(job) && !this.#isRetry) this.#requireRate(basket)

    if (change.kind === 'add') this.#add(basket, change.items, job)
    else if (change.kind === 'set') this.#fill(basket, [change.item], job)
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
    throw this.#isRetry && kind === 'change' ? new OutcomeUnknownError('basket') : new BasketChangedError()
  }

  #requireRate({holdCount}: OpenBasket): void {
    const {hold, holdUserRate} = this.#settings
    if (hold === 'off' || holdCount < holdUserRate) return
    const message = `A user may ask for stock to be held ${holdUserRate} times in a minute.`
    throw new HoldLimitError(message, this.#holds.secondsToNextMinute())
  }

  #add(basket: OpenBasket, items: OrderItem[], job: BasketChange): void {
    this.#fill(
      basket,
      items.map(({productId, quantity}) => ({
        productId,
        // More than any shop has, and still a number that JSON can carry.
        quantity: Math.min(quantity + (basket.lines.get(productId)?.quantity ?? 0), Number.MAX_SAFE_INTEGER),
      })),
      job,
    )
  }

  /** Sets the quantities of lines, all or none. An empty basket may have been opened when the shop had another currency. */
  #fill(basket: OpenBasket, items: OrderItem[], job: BasketChange): void {
    const {hold, basketLines} = this.#settings
    const {currency} = basket.lines.size === 0 ? job : basket
    const offers = items.map(({productId}) => {
      const offer = this.#offers.find(productId, currency)
      if (!offer) throw new UnknownProductError(productId)
      return offer
    })
    for (const [index, item] of items.entries()) requireQuantity(item, offers[index])
    const newLines = items.filter(({productId}) => !basket.lines.has(productId)).length
    if (basket.lines.size + newLines > basketLines) throw new BasketFullError(basketLines)
    this.#holds.requireStock(items, basket.id, 'basket')

    basket.currency = currency
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
      const message = `Stock is held for at most ${this.#settings.holdMaxSeconds} seconds.`
      throw new HoldLimitError(message, this.#holds.secondsToFirstExpiry(basket.id))
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
    return basket && isOpen(basket) ? basket : undefined
  }
}
