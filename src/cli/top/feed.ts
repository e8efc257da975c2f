import type {Knex} from 'knex'

import {ShopError} from '../../errors.ts'
import {type Activity, readActivity, readRecentSales, type RecentSales} from '../../services/shop/activity.ts'
import {explainFailure} from '../database-failures.ts'
import {serverFigures, type ServerFigures} from './figures.ts'
import {type Scrape, scrapeMetrics, Scrapes} from './metrics.ts'

/** What the view shows. */
export type Snapshot = {
  activity: Activity
  sales: RecentSales
  /** Undefined without metrics, and until there are two scrapes to compare. */
  server: ServerFigures | undefined
  /** Why there are no metrics. */
  metricsProblem: string | undefined
  /** Why the figures of the database are those of an earlier look. */
  databaseProblem: string | undefined
}

/** Sales cost more than the rest. They are read again after this many times as long as it took. */
const salesPauses = 50

const noMetricsUrl =
  'No metrics, so no refusals, latencies or queue. Start the server with SHOP_METRICS_PORT, and set it for this command, too.'

/** Reads what the view shows, again and again, from the database and the metrics of a server. */
export class Feed {
  readonly #db: Knex
  readonly #metricsUrl: string | undefined
  readonly #signal: AbortSignal
  #scrape: Scrape | undefined
  #sales: {sales: RecentSales; nextAt: number} | undefined
  #activity: Activity | undefined

  constructor(db: Knex, {metricsUrl, signal}: {metricsUrl: string | undefined; signal: AbortSignal}) {
    this.#db = db
    this.#metricsUrl = metricsUrl
    this.#signal = signal
  }

  /** Throws if the database cannot be read the first time; later, what it said last stays. */
  async read(): Promise<Snapshot> {
    const [{server, metricsProblem}, databaseProblem] = await Promise.all([this.#readMetrics(), this.#readDatabase()])
    if (!this.#activity || !this.#sales) throw new Error('The database was not read.')
    return {activity: this.#activity, sales: this.#sales.sales, server, metricsProblem, databaseProblem}
  }

  async #readMetrics(): Promise<Pick<Snapshot, 'metricsProblem' | 'server'>> {
    if (this.#metricsUrl === undefined) return {server: undefined, metricsProblem: noMetricsUrl}
    const before = this.#scrape
    try {
      this.#scrape = await scrapeMetrics(this.#metricsUrl, this.#signal)
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#scrape = undefined
      return {server: undefined, metricsProblem: `No metrics from ${this.#metricsUrl}: ${reasonOf(error)}.`}
    }
    const server = before && serverFigures(new Scrapes(before, this.#scrape))
    return {server, metricsProblem: undefined}
  }

  async #readDatabase(): Promise<string | undefined> {
    try {
      this.#activity = await readActivity(this.#db)
      const from = performance.now()
      if (!this.#sales || from >= this.#sales.nextAt) {
        const sales = await readRecentSales(this.#db)
        this.#sales = {sales, nextAt: from + salesPauses * (performance.now() - from)}
      }
      return undefined
    } catch (error) {
      this.#signal.throwIfAborted()
      const explained = await explainFailure(error)
      if (!this.#sales || !(explained instanceof ShopError)) throw error
      return `These figures are old. ${explained.message}`
    }
  }
}

/** fetch hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const {cause} = error
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? cause.name) : error.message
}
