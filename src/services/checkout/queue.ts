import type {Knex} from 'knex'

import {AbandonedOrderError, CheckoutBusyError, StockLockedError} from '../../errors.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {type BatchOutcome, failAll, patienceMs, placeBatch} from './place-batch.ts'

export type QueueOptions = {
  /** How many transactions may run at the same time. */
  lanes: number
  /** The most orders in one transaction. */
  batchSize: number
  /** The most items of waiting orders; an order beyond it is refused with CheckoutBusyError. */
  limit: number
  /** Gives up what is being placed. Its outcome then stays unknown. */
  signal?: AbortSignal
}

type Waiting = {
  order: NewOrder
  /** The keys of its products. */
  products: string[]
  isAbandoned: () => boolean
  settle: (outcome: BatchOutcome) => void
  /** When to stop waiting for a lane or a lock, in the time of `performance.now()`: the time of day may jump. */
  deadline: number
}

type SetAside = Waiting & {lockedProducts: string[]; retryAt: number}

/**
 * A transaction that takes longer than this is waiting for a lock or a disk, so another lane may start beside it. A
 * second lane sooner costs more than it gains: measured on 1,000 products, 186 us an order instead of 138 us.
 */
const patienceForLaneMs = 20

/** Longer than another process takes to place a batch of orders that contain the same product. */
const lockMs = 300

/** The connection pool that suits a queue: a queue uses a connection for each lane. */
export const checkoutSession = {lockMs, keepsPlans: true} as const

/** The pause between two tries of a set-aside order. A try may lock its other products, so it must not wait for long. */
const retryEveryMs = 250
const retryLockMs = 20

/** Keeps a batch of large orders from holding its locks for long. */
const mostBatchItems = 1000

const never = (): boolean => false

/**
 * Collects orders into batches, each placed in one transaction. An order that arrives while no transaction is running is
 * placed at once. Otherwise it waits, and is placed together with all others that waited as soon as the running
 * transaction ends, or takes long and concerns other products. Orders of the same product are decided in the order of
 * their arrival.
 *
 * An order that needs a product which another session has locked is set aside and tried again, so that it delays no
 * orders of other products.
 */
export class CheckoutQueue {
  readonly #db: Knex
  readonly #options: QueueOptions
  #waiting: Waiting[] = []
  #waitingItems = 0
  #setAside: SetAside[] = []
  #lanesInUse = 0
  #lastStart = 0
  #patience: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  readonly #productsInUse = new Set<string>()
  #onIdle: (() => void)[] = []

  constructor(db: Knex, options: QueueOptions) {
    this.#db = db
    this.#options = options
  }

  /**
   * Throws the ShopError that refuses the order. An order whose client has gone when its turn comes is dropped with
   * AbandonedOrderError, and one that has waited for ten seconds is refused with CheckoutBusyError; once its transaction
   * has begun, it is placed anyway.
   */
  async place(order: NewOrder, isAbandoned: () => boolean = never): Promise<Placement> {
    if (this.#isFullFor(order)) this.#dropAbandoned()
    if (this.#isFullFor(order)) throw new CheckoutBusyError()

    const products = order.items.map(({productId}) => productKey(productId))
    const outcome = await new Promise<BatchOutcome>((settle) => {
      this.#waiting.push({order, products, isAbandoned, settle, deadline: performance.now() + patienceMs})
      this.#waitingItems += order.items.length
      // Most orders of a rush wait for a product in use, and then there is nothing to start.
      if (products.every((product) => !this.#productsInUse.has(product))) this.#fillLanes()
    })
    if (outcome.status === 'locked') throw new StockLockedError()
    if (outcome.status !== 'placed') throw outcome.error
    return outcome.placement
  }

  /** Resolves when no order is waiting or being placed. */
  async drain(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  get #isIdle(): boolean {
    return this.#lanesInUse === 0 && this.#waiting.length === 0 && this.#setAside.length === 0
  }

  #isFullFor(order: NewOrder): boolean {
    const setAsideItems = this.#setAside.reduce((sum, {order: {items}}) => sum + items.length, 0)
    return this.#waitingItems + setAsideItems + order.items.length > this.#options.limit
  }

  #dropAbandoned(): void {
    const abandoned = [...this.#waiting, ...this.#setAside].filter(({isAbandoned}) => isAbandoned())
    if (abandoned.length === 0) return
    const isKept = (waiting: Waiting): boolean => !waiting.isAbandoned()
    this.#keepWaiting(this.#waiting.filter(isKept))
    this.#setAside = this.#setAside.filter(isKept)
    for (const {settle} of abandoned) settle({status: 'failed', error: new AbandonedOrderError()})
  }

  /** If the database is silent, each batch ahead of an order takes as long as the patience with it lasts. */
  #refuseOverdue(): void {
    const now = performance.now()
    const overdue = this.#waiting.filter(({deadline}) => deadline <= now)
    if (overdue.length === 0) return
    this.#keepWaiting(this.#waiting.filter(({deadline}) => deadline > now))
    for (const {settle} of overdue) settle({status: 'failed', error: new CheckoutBusyError()})
  }

  #keepWaiting(waiting: Waiting[]): void {
    this.#waiting = waiting
    this.#waitingItems = waiting.reduce((sum, {order}) => sum + order.items.length, 0)
  }

  #fillLanes(): void {
    clearTimeout(this.#patience)
    if (this.#waiting.length === 0 || this.#lanesInUse === this.#options.lanes) return
    const waited = performance.now() - this.#lastStart
    if (this.#lanesInUse > 0 && waited < patienceForLaneMs) {
      this.#patience = setTimeout(() => {
        this.#fillLanes()
      }, patienceForLaneMs - waited)
      return
    }
    const batch = this.#takeBatch()
    if (batch.length > 0) void this.#place(batch, lockMs)
  }

  /**
   * The orders that can go now, by arrival. An order that must wait reserves its products, so that none overtakes it.
   * One that needs a product which others were set aside for joins them.
   */
  #takeBatch(): Waiting[] {
    this.#dropAbandoned()
    this.#refuseOverdue()
    const batch: Waiting[] = []
    let batchItems = 0
    const rest: Waiting[] = []
    const reserved = new Set(this.#productsInUse)
    const locked = new Set(this.#setAside.flatMap(({lockedProducts}) => lockedProducts))
    for (const waiting of this.#waiting) {
      const {products} = waiting
      const lockedProducts = locked.size > 0 ? products.filter((product) => locked.has(product)) : []
      if (lockedProducts.length > 0) {
        this.#setAside.push({...waiting, lockedProducts, retryAt: performance.now() + retryEveryMs})
      } else if (
        batch.length < this.#options.batchSize &&
        (batch.length === 0 || batchItems + products.length <= mostBatchItems) &&
        products.every((product) => !reserved.has(product))
      ) {
        batch.push(waiting)
        batchItems += products.length
      } else {
        for (const product of products) reserved.add(product)
        rest.push(waiting)
      }
    }
    if (rest.length < this.#waiting.length) this.#keepWaiting(rest)
    return batch
  }

  async #place(batch: Waiting[], waitMs: number): Promise<void> {
    const products = new Set(batch.flatMap((waiting) => waiting.products))
    this.#lanesInUse++
    this.#lastStart = performance.now()
    for (const product of products) this.#productsInUse.add(product)

    const outcomes = await this.#outcomesOf(batch, waitMs)

    for (const product of products) this.#productsInUse.delete(product)
    this.#lanesInUse--
    const settled: {settle: Waiting['settle']; outcome: BatchOutcome}[] = []
    for (const [index, waiting] of batch.entries()) {
      const outcome = outcomes[index] ?? {status: 'failed', error: new Error('An order of a batch has no outcome.')}
      if (outcome.status === 'locked' && performance.now() < waiting.deadline) {
        // After a batch, which product is locked is only suspected; the first try tells.
        const retryAt = performance.now() + (waitMs === retryLockMs ? retryEveryMs : 0)
        this.#setAside.push({...waiting, lockedProducts: outcome.products.map(productKey), retryAt})
      } else {
        settled.push({settle: waiting.settle, outcome})
      }
    }
    this.#scheduleRetry()
    this.#fillLanes()
    for (const {settle, outcome} of settled) settle(outcome)
    this.#resolveIfIdle()
  }

  #resolveIfIdle(): void {
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #scheduleRetry(): void {
    clearTimeout(this.#retry)
    if (this.#setAside.length === 0) return
    const next = Math.min(...this.#setAside.map(({retryAt}) => retryAt))
    this.#retry = setTimeout(
      () => {
        this.#retrySetAside()
      },
      Math.max(next - performance.now(), 0),
    )
  }

  /** Tries those orders together that wait for the same products: the others may still be locked. */
  #retrySetAside(): void {
    this.#dropAbandoned()
    const now = performance.now()
    const first = this.#setAside.find(({retryAt}) => retryAt <= now)
    // While every lane is in use, the end of a transaction schedules the next try.
    if (this.#lanesInUse === this.#options.lanes) return
    if (!first) {
      // The timer was early by a part of a millisecond, or the clients have gone.
      this.#scheduleRetry()
      this.#resolveIfIdle()
      return
    }
    const key = first.lockedProducts.join()
    const group = this.#setAside.filter(({lockedProducts}) => lockedProducts.join() === key)
    const batch = new Set(group.slice(0, this.#options.batchSize))
    this.#setAside = this.#setAside.filter((waiting) => !batch.has(waiting))
    void this.#place([...batch], retryLockMs)
    this.#scheduleRetry()
  }

  async #outcomesOf(batch: Waiting[], waitMs: number): Promise<BatchOutcome[]> {
    const orders = batch.map(({order}) => order)
    const {signal} = this.#options
    return placeBatch(this.#db, orders, {lockMs: waitMs, signal}).catch((error: unknown) => failAll(orders, error))
  }
}

/** A string, since V8 hashes numbers without a seed: chosen product ids could all collide in a Set. */
function productKey(id: number): string {
  return `p${id}`
}
