import {
  Counter,
  type CounterConfiguration,
  Histogram,
  type HistogramConfiguration,
  type LabelValues,
  Registry,
} from 'prom-client'

import {readRegistry} from './exposition.ts'
import type {Metric} from './metric.ts'

/** From 1 ms to 30 s. */
const seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]
const jobs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

export const basketOutcomes = ['changed', 'replayed', 'refused', 'failed'] as const
export const releaseReasons = ['expired', 'removed', 'ordered'] as const
export const loginOutcomes = ['success', 'failure', 'limited', 'busy'] as const
export const callOutcomes = ['ok', 'refused', 'busy', 'unknown', 'failed'] as const

export type BasketOutcome = (typeof basketOutcomes)[number]
export type LoginOutcome = (typeof loginOutcomes)[number]
export type CallOutcome = (typeof callOutcomes)[number]

/** How many holds a transaction or the sweeper ended, by reason. */
export type Released = Partial<Record<(typeof releaseReasons)[number], number>>

/**
 * What a serving process counts. Every label has a closed set of values: an id of a user, product or order as a label would
 * make a series for each. Services take it as an option, and count nothing without it; they import its type alone, since commands
 * need not load prom-client.
 */
export class ShopMetrics {
  readonly #registry = new Registry()
  readonly #gauges: (() => Metric)[] = []

  readonly requests = this.#histogram({
    name: 'shop_http_request_duration_seconds',
    help: 'How long HTTP requests took, from their headers to the end of their answers.',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
  })
  readonly ordersPlaced = this.#counter({name: 'shop_orders_placed_total', help: 'Orders that were committed.'})
  readonly ordersRefused = this.#counter(
    {
      name: 'shop_orders_refused_total',
      help: 'Requests to order that were not answered with an order, by the code of the problem.',
      labelNames: ['code'],
    },
    // An alert is about its increase.
    [{code: 'checkout_busy'}],
  )
  readonly checkoutWait = this.#histogram({
    name: 'shop_checkout_wait_seconds',
    help: 'How long jobs waited in the checkout queue for their first transaction.',
    buckets: seconds,
  })
  readonly batchJobs = this.#histogram({
    name: 'shop_checkout_batch_jobs',
    help: 'How many jobs a batch of the checkout queue had.',
    buckets: jobs,
  })
  readonly transaction = this.#histogram({
    name: 'shop_checkout_transaction_seconds',
    help: 'How long transactions of the checkout took, failed ones included.',
    buckets: seconds,
  })
  readonly retries = this.#counter({
    name: 'shop_checkout_retries_total',
    help: 'Transactions of the checkout that were tried again after a temporary failure.',
  })
  readonly unknownOutcomes = this.#counter({
    name: 'shop_checkout_unknown_outcomes_total',
    help: 'Jobs of the checkout of which nobody knows whether they were done.',
  })
  readonly basketChanges = this.#counter(
    {
      name: 'shop_basket_changes_total',
      help: 'Changes of baskets, by what became of them.',
      labelNames: ['outcome'],
    },
    basketOutcomes.map((outcome) => ({outcome})),
  )
  readonly holdsReleased = this.#counter(
    {name: 'shop_holds_released_total', help: 'Holds that ended, by the reason.', labelNames: ['reason']},
    releaseReasons.map((reason) => ({reason})),
  )
  readonly logins = this.#counter(
    {name: 'shop_logins_total', help: 'Attempts to log in, by what became of them.', labelNames: ['outcome']},
    loginOutcomes.map((outcome) => ({outcome})),
  )
  readonly reads = this.#counter({
    name: 'shop_reads_total',
    help: 'Reads that replicas may answer, by who answered them, and why the primary did.',
    labelNames: ['from', 'reason'],
  })
  readonly paymentCalls = this.#counter({
    name: 'shop_payment_calls_total',
    help: 'Calls to the payment provider, by what became of them.',
    labelNames: ['operation', 'outcome'],
  })

  /** Adds a gauge, whose values are asked for when the metrics are read. */
  addGauge(read: () => Metric): void {
    this.#gauges.push(read)
  }

  countReleased(released: Released): void {
    for (const reason of releaseReasons) {
      const count = released[reason] ?? 0
      if (count > 0) this.holdsReleased.inc({reason}, count)
    }
  }

  async read(): Promise<Metric[]> {
    return [...(await readRegistry(this.#registry)), ...this.#gauges.map((read) => read())]
  }

  /** `known` are there from the start, at 0: without that, their first event is no increase. */
  #counter<Label extends string>(
    configuration: Omit<CounterConfiguration<Label>, 'registers'>,
    known: LabelValues<Label>[] = [],
  ): Counter<Label> {
    const counter = new Counter({...configuration, registers: [this.#registry]})
    for (const labels of known) counter.inc(labels, 0)
    return counter
  }

  #histogram<Label extends string>(configuration: Omit<HistogramConfiguration<Label>, 'registers'>): Histogram<Label> {
    return new Histogram({...configuration, registers: [this.#registry]})
  }
}
