import type {Knex} from 'knex'

import {AbandonedOrderError, CheckoutBusyError} from '../../errors.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {type BatchOutcome, failAll, placeBatch} from './place-batch.ts'

export type QueueOptions = {
  /** How many transactions may run at the same time. */
  lanes: number
  /** The most orders in one transaction. */
  batchSize: number
  /** The most orders that wait; the next one is refused with CheckoutBusyError. */
  limit: number
}

type Waiting = {
  order: NewOrder
  isAbandoned: () => boolean
  settle: (outcome: BatchOutcome) => void
}

/**
 * A transaction that takes longer than this is waiting for a lock or a disk, so another lane may start beside it. A
 * second lane sooner costs more than it gains: measured on 1,000 products, 186 us an order instead of 138 us.
 */
const patienceMs = 20

const never = (): boolean => false

/**
 * Collects orders into batches, each placed in one transaction. An order that arrives while no transaction is running is
 * placed at once. Otherwise it waits, and is placed together with all others that waited as soon as the running
 * transaction ends, or takes long and concerns other products. Orders of the same product are decided in the order of
 * their arrival.
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
   * Throws the ShopError that refuses the order. An order whose client has gone when its turn comes is dropped with
   * AbandonedOrderError; once its transaction has begun, it is placed anyway.
   */
  async place(order: NewOrder, isAbandoned: () => boolean = never): Promise<Placement> {
    if (this.#waiting.length >= this.#options.limit) this.#dropAbandoned()
    if (this.#waiting.length >= this.#options.limit) throw new CheckoutBusyError()

    const outcome = await new Promise<BatchOutcome>((settle) => {
      this.#waiting.push({order, isAbandoned, settle})
      // Most orders of a rush wait for a product in use, and then there is nothing to start.
      if (order.items.every(({productId}) => !this.#productsInUse.has(productId))) this.#fillLanes()
    })
    if (outcome.status !== 'placed') throw outcome.error
    return outcome.placement
  }

  /** Resolves when no order is waiting or being placed. */
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

  /** The orders that can go now, by arrival. One that must wait reserves its products, so that none overtakes it. */
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
