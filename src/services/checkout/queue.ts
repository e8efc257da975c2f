import type {Knex} from 'knex'

import {AbandonedOrderError, CheckoutBusyError, StockLockedError} from '../../errors.ts'
import type {Basket} from '../baskets/basket.ts'
import type {HoldSettings} from '../../hold-settings.ts'
import type {ShopMetrics} from '../../metrics/shop-metrics.ts'
import type {BatchTrace, Tracing} from '../../tracing.ts'
import {asksForHold, type BasketChange, type Checkout, isOfWholeBasket, itemsOf, type Job, wantedBy} from './jobs.ts'
import type {NewOrder, Placement} from './new-order.ts'
import {type BatchOutcome, failAll, patienceMs, placeBatch} from './place-batch.ts'
import {chooseBatch} from './queue/choose-batch.ts'
import {countOutcome, observeStart} from './queue/count-jobs.ts'
import {chooseRetry, findReady, retryEveryMs, setAside} from './queue/retries.ts'
import {keysOf, type SetAside, type Waiting} from './queue/waiting.ts'

export type QueueOptions = {
  /** How many transactions may run at the same time. */
  lanes: number
  /** The most jobs in one transaction. */
  batchSize: number
  /**
   * The most items of waiting jobs; one beyond it is refused with CheckoutBusyError. Requests for holds may fill half of it,
   * and giving stock back is never refused.
   */
  limit: number
  /** Of the baskets; by default those of a shop without settings. */
  holds?: HoldSettings
  /** Gives up what is being placed. Its outcome then stays unknown. */
  signal?: AbortSignal
  /** Whether users read replicas: see recent-writes.ts. */
  notesWrites?: boolean
  metrics?: ShopMetrics | undefined
  tracing?: Tracing | undefined
}

/**
 * A transaction that takes longer than this is waiting for a lock or a disk, so another lane may start beside it. A
 * second lane sooner costs more than it gains: measured on 1,000 products, 186 us an order instead of 138 us.
 */
const patienceForLaneMs = 20

/** Longer than another process takes to place a batch of orders that contain the same product. */
const lockMs = 300

/** The connection pool that suits a queue: a queue uses a connection for each lane. */
export const checkoutSession = {lockMs, keepsPlans: true} as const

/** A try of jobs that were set aside may lock their other products, so it must not wait for long. */
const retryLockMs = 20

/** What a job counts whose basket is not known yet. */
const basketWeight = 10

const never = (): boolean => false

/**
 * Collects orders, checkouts and changes of baskets into batches, each decided in one transaction. A job that arrives while
 * no transaction is running is decided at once. Otherwise it waits, and is decided together with all others that waited as
 * soon as the running transaction ends, or takes long and concerns other products and baskets. Jobs that concern the same
 * product or basket are decided in the order of their arrival.
 *
 * A job that needs a product which another session has locked is set aside and tried again, so that it delays no jobs for
 * other products.
 */
export class CheckoutQueue {
  readonly #db: Knex
  readonly #options: QueueOptions
  #waiting: Waiting[] = []
  #waitingWeight = 0
  #waitingHolds = 0
  #setAside: SetAside[] = []
  #arrivals = 0
  #lanesInUse = 0
  #lastStart = 0
  #patience: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  readonly #keysInUse = new Set<string>()
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
  async place(order: Checkout | NewOrder, isAbandoned: () => boolean = never): Promise<Placement> {
    const outcome = await this.#decide(order, isAbandoned)
    if (outcome.status !== 'placed') throw new Error('An order has no placement.')
    return outcome.placement
  }

  /**
   * Returns the basket afterwards, undefined if the user has none, and whether an earlier request made the addition. Throws
   * the ShopError that refuses the change.
   */
  async change(
    change: BasketChange,
    isAbandoned: () => boolean = never,
  ): Promise<{basket: Basket | undefined; isReplay: boolean}> {
    const outcome = await this.#decide(change, isAbandoned)
    if (outcome.status !== 'changed') throw new Error('A change has no basket.')
    return {basket: outcome.basket, isReplay: outcome.isReplay ?? false}
  }

  async #decide(job: Job, isAbandoned: () => boolean): Promise<Decided> {
    const weight = isOfWholeBasket(job) ? basketWeight : itemsOf(job).length
    if (this.#isFullFor(job, weight)) this.#dropAbandoned()
    if (this.#isFullFor(job, weight)) {
      const error = new CheckoutBusyError(wantedBy(job))
      this.#count(job, {status: 'failed', error})
      throw error
    }

    const keys = keysOf(job)
    const outcome = await new Promise<BatchOutcome>((settle) => {
      const deadline = performance.now() + patienceMs
      const wait = this.#options.tracing?.startWait(job.kind)
      this.#waiting.push({job, arrival: this.#arrivals++, keys, weight, isAbandoned, settle, deadline, wait})
      this.#waitingWeight += weight
      if (asksForHold(job)) this.#waitingHolds += weight
      // Most orders of a rush wait for a product in use, and then there is nothing to start.
      if (keys.every((key) => !this.#keysInUse.has(key))) this.#fillLanes()
    })
    if (outcome.status === 'locked') throw new StockLockedError(wantedBy(job))
    if (outcome.status === 'refused' || outcome.status === 'failed') throw outcome.error
    return outcome
  }

  /** How many jobs wait, those that were set aside included. */
  get length(): number {
    return this.#waiting.length + this.#setAside.length
  }

  /** Resolves when no order is waiting or being placed. */
  async drain(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  get #isIdle(): boolean {
    return this.#lanesInUse === 0 && this.#waiting.length === 0 && this.#setAside.length === 0
  }

  #isFullFor(job: Job, weight: number): boolean {
    if (isRelease(job)) return false
    const {limit} = this.#options
    const setAside = this.#setAside.reduce((sum, waiting) => sum + waiting.weight, 0)
    const isFullOfHolds = asksForHold(job) && this.#waitingHolds + weight > limit / 2
    return isFullOfHolds || this.#waitingWeight + setAside + weight > limit
  }

  #dropAbandoned(): void {
    const abandoned = [...this.#waiting, ...this.#setAside].filter(({isAbandoned}) => isAbandoned())
    if (abandoned.length === 0) return
    const isKept = (waiting: Waiting): boolean => !waiting.isAbandoned()
    this.#keepWaiting(this.#waiting.filter(isKept))
    this.#setAside = this.#setAside.filter(isKept)
    for (const waiting of abandoned) {
      this.#settle(waiting, {status: 'failed', error: new AbandonedOrderError(wantedBy(waiting.job))})
    }
  }

  /** If the database is silent, each batch ahead of an order takes as long as the patience with it lasts. */
  #refuseOverdue(): void {
    const now = performance.now()
    const overdue = this.#waiting.filter(({deadline}) => deadline <= now)
    if (overdue.length === 0) return
    this.#keepWaiting(this.#waiting.filter(({deadline}) => deadline > now))
    for (const waiting of overdue) {
      this.#settle(waiting, {status: 'failed', error: new CheckoutBusyError(wantedBy(waiting.job))})
    }
  }

  #settle({job, settle, wait}: Waiting, outcome: BatchOutcome): void {
    // Of a job that no batch took.
    wait?.end()
    this.#count(job, outcome)
    settle(outcome)
  }

  #count(job: Job, outcome: BatchOutcome): void {
    if (this.#options.metrics) countOutcome(this.#options.metrics, job, outcome)
  }

  #keepWaiting(waiting: Waiting[]): void {
    this.#waiting = waiting
    this.#waitingWeight = waiting.reduce((sum, {weight}) => sum + weight, 0)
    this.#waitingHolds = waiting.reduce((sum, {job, weight}) => (asksForHold(job) ? sum + weight : sum), 0)
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

  #takeBatch(): Waiting[] {
    this.#dropAbandoned()
    this.#refuseOverdue()
    const options = {keysInUse: this.#keysInUse, batchSize: this.#options.batchSize, now: performance.now()}
    const {batch, joining, rest} = chooseBatch(this.#waiting, this.#setAside, options)
    this.#setAside.push(...joining)
    if (rest.length < this.#waiting.length) this.#keepWaiting(rest)
    return batch
  }

  async #place(batch: Waiting[], waitMs: number): Promise<void> {
    const keys = new Set(batch.flatMap((waiting) => waiting.keys))
    this.#lanesInUse++
    this.#lastStart = performance.now()
    for (const key of keys) this.#keysInUse.add(key)
    const {metrics, tracing} = this.#options
    if (metrics) observeStart(metrics, batch, {isFirst: waitMs === lockMs})
    const trace = tracing?.startBatch(batch.flatMap(({wait}) => wait ?? []))

    const outcomes = await this.#outcomesOf(batch, waitMs, trace)
    trace?.end()

    for (const key of keys) this.#keysInUse.delete(key)
    this.#lanesInUse--
    const settled: {waiting: Waiting; outcome: BatchOutcome}[] = []
    const locked: SetAside[] = []
    for (const [index, waiting] of batch.entries()) {
      const outcome = outcomes[index] ?? {status: 'failed', error: new Error('A job of a batch has no outcome.')}
      if (outcome.status === 'locked' && performance.now() < waiting.deadline) {
        // After a batch, which product is locked is only suspected; the first try tells.
        const retryAt = performance.now() + (waitMs === retryLockMs ? retryEveryMs : 0)
        locked.push(setAside(waiting, outcome.products, retryAt))
      } else {
        settled.push({waiting, outcome})
      }
    }
    if (locked.length > 0) {
      this.#setAside = [...locked, ...this.#setAside].sort((one, other) => one.arrival - other.arrival)
    }
    this.#scheduleRetry()
    this.#fillLanes()
    for (const {waiting, outcome} of settled) this.#settle(waiting, outcome)
    this.#resolveIfIdle()
  }

  #resolveIfIdle(): void {
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #scheduleRetry(): void {
    clearTimeout(this.#retry)
    const ready = findReady(this.#setAside, this.#keysInUse)
    if (ready.length === 0) return
    const next = Math.min(...ready.map(({retryAt}) => retryAt))
    this.#retry = setTimeout(
      () => {
        this.#retrySetAside()
      },
      Math.max(next - performance.now(), 0),
    )
  }

  #retrySetAside(): void {
    this.#dropAbandoned()
    const now = performance.now()
    const ready = findReady(this.#setAside, this.#keysInUse)
    const first = ready.find(({retryAt}) => retryAt <= now)
    // While every lane is in use, the end of a transaction schedules the next try.
    if (this.#lanesInUse === this.#options.lanes) return
    if (!first) {
      // The timer was early by a part of a millisecond, or the clients have gone.
      this.#scheduleRetry()
      this.#resolveIfIdle()
      return
    }
    const batch = chooseRetry(first, ready, this.#options.batchSize)
    this.#setAside = this.#setAside.filter((waiting) => !batch.has(waiting))
    void this.#place([...batch], retryLockMs)
    this.#scheduleRetry()
  }

  async #outcomesOf(batch: Waiting[], waitMs: number, trace: BatchTrace | undefined): Promise<BatchOutcome[]> {
    const jobs = batch.map(({job}) => job)
    const {signal, holds, metrics, notesWrites} = this.#options
    return placeBatch(this.#db, jobs, {lockMs: waitMs, signal, holds, metrics, trace, notesWrites}).catch(
      (error: unknown) => failAll(jobs, error),
    )
  }
}

type Decided = Extract<BatchOutcome, {status: 'changed' | 'placed'}>

/** Whether a job only gives stock back. */
function isRelease(job: Job): boolean {
  return job.kind === 'change' && !asksForHold(job)
}
