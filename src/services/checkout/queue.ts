import type {Knex} from 'knex'

import {AbandonedOrderError, CheckoutBusyError} from '../../errors.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {type BatchOutcome, failAll, placeBatch} from './place-batch.ts'

export type QueueOptions = {
  /** Transactions at the same time. */
  lanes: number
  /** Orders in one transaction at most. */
  batchSize: number
  /** Orders that wait at most; the next one is refused with CheckoutBusyError. */
  limit: number
}

type Waiting = {
  order: NewOrder
  isAbandoned: () => boolean
  settle: (outcome: BatchOutcome) => void
}

/**
 * A transaction that takes longer than most waits for a lock or a disk, and others go beside it. Sooner, its orders cost
 * the database less in the next one: measured on 1,000 products, 138 us an order instead of 186.
 */
const patienceMs = 20

const never = (): boolean => false

/**
 * Turns the orders that wait for each other into one transaction: an order is placed at once while no other is; else it
 * waits, and goes with all that waited beside it when that one ends, or takes long and is of other products. Orders of
 * the same product are decided in the order of their arrival.
 */
export class CheckoutQueue {
  readonly #db: Knex
  readonly #options: QueueOptions
  #waiting: Waiting[] = []
  #lanesInUse = 0
  #lastStart = 0
  #patience: NodeJS.Timeout | undefined
  readonly #productsInUse = new Set<number>()
  #onIdle: (() => void)[] = []

  constructor(db: Knex, options: QueueOptions) {
    this.#db = db
    this.#options = options
  }

  /**
   * Throws the ShopError that refuses the order. An order that nobody waits for any more when its turn comes is dropped
   * with AbandonedOrderError; later it is placed all the same.
   */
  async place(order: NewOrder, isAbandoned: () => boolean = never): Promise<Placement> {
    if (this.#waiting.length >= this.#options.limit) this.#dropAbandoned()
    if (this.#waiting.length >= this.#options.limit) throw new CheckoutBusyError()

    const outcome = await new Promise<BatchOutcome>((settle) => {
      this.#waiting.push({order, isAbandoned, settle})
      // One that must wait for a product changes nothing, and a rush is of such orders.
      if (order.items.every(({productId}) => !this.#productsInUse.has(productId))) this.#fillLanes()
    })
    if (outcome.status !== 'placed') throw outcome.error
    return outcome.placement
  }

  /** Resolves when no order waits or is being placed. */
  async drain(): Promise<void> {
    if (this.#lanesInUse === 0) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #dropAbandoned(): void {
    const abandoned = this.#waiting.filter(({isAbandoned}) => isAbandoned())
    if (abandoned.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => !abandoned.includes(waiting))
    for (const {settle} of abandoned) settle({status: 'failed', error: new AbandonedOrderError()})
  }

  #fillLanes(): void {
    clearTimeout(this.#patience)
    if (this.#waiting.length === 0 || this.#lanesInUse === this.#options.lanes) return
    const waited = performance.now() - this.#lastStart
    if (this.#lanesInUse > 0 && waited < patienceMs) {
      this.#patience = setTimeout(() => {
        this.#fillLanes()
      }, patienceMs - waited)
      return
    }
    const batch = this.#takeBatch()
    if (batch.length > 0) void this.#place(batch)
  }

  /** What can go now, in the order of arrival. An order that must wait keeps its products for itself. */
  #takeBatch(): Waiting[] {
    this.#dropAbandoned()
    const batch: Waiting[] = []
    const rest: Waiting[] = []
    const kept = new Set(this.#productsInUse)
    for (const waiting of this.#waiting) {
      const {items} = waiting.order
      if (batch.length < this.#options.batchSize && items.every(({productId}) => !kept.has(productId))) {
        batch.push(waiting)
        continue
      }
      for (const {productId} of items) kept.add(productId)
      rest.push(waiting)
    }
    if (batch.length > 0) this.#waiting = rest
    return batch
  }

  async #place(batch: Waiting[]): Promise<void> {
    const products = new Set(batch.flatMap(({order}) => order.items.map(({productId}) => productId)))
    this.#lanesInUse++
    this.#lastStart = performance.now()
    for (const productId of products) this.#productsInUse.add(productId)

    const outcomes = await this.#outcomesOf(batch)

    for (const productId of products) this.#productsInUse.delete(productId)
    this.#lanesInUse--
    this.#fillLanes()
    for (const [index, {settle}] of batch.entries()) {
      settle(outcomes[index] ?? {status: 'failed', error: new Error('An order of a batch has no outcome.')})
    }
    if (this.#lanesInUse === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  async #outcomesOf(batch: Waiting[]): Promise<BatchOutcome[]> {
    const orders = batch.map(({order}) => order)
    return placeBatch(this.#db, orders).catch((error: unknown) => failAll(orders, error))
  }
}
