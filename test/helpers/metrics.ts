import type {ExecutionContext} from 'ava'
import {pino} from 'pino'

import {readConfig} from '../../src/config.ts'
import {openDatabase} from '../../src/db/open.ts'
import {startShop} from '../../src/http/start-shop.ts'
import {createDatabase, type TestDatabase, sessionsOfTests} from './database.ts'
import type {ServeProcess} from './serve.ts'
import {until} from './until.ts'

/** The values of a scrape by name and labels, as in `shop_orders_refused_total{code="out_of_stock"}`. */
export type Scrape = Record<string, number>

export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`A scrape was answered with ${response.status}: ${text}`)
  return parseScrape(text)
}

/** Throws on a line that is not in Prometheus' text format, and on a value that appears twice. */
export function parseScrape(text: string): Scrape {
  const values: Scrape = {}
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue
    const match = /^(?<key>\w+(?:\{(?:\w+="[^"\\]*",?)*\})?) (?<value>\S+)$/.exec(line)?.groups
    if (match?.key === undefined || Number.isNaN(Number(match.value)) || match.key in values) {
      throw new Error(`A line of the metrics is not valid: ${line}`)
    }
    values[match.key] = Number(match.value)
  }
  return values
}

/** What was counted of some metrics: counters and the `_count` of histograms that are not 0. */
export function countsOf(scraped: Scrape, names: RegExp): Scrape {
  return Object.fromEntries(
    Object.entries(scraped).filter(
      ([key, value]) => /^\w+_(?:total|count)(?:\{|$)/.test(key) && names.test(key) && value !== 0,
    ),
  )
}

/** The sum of a metric over all of its labels. */
export function sumOf(scraped: Scrape, name: string): number {
  const isOf = (key: string): boolean => key === name || key.startsWith(`${name}{`)
  return Object.entries(scraped).reduce((sum, [key, value]) => (isOf(key) ? sum + value : sum), 0)
}

/** Where a `shop serve` says that its metrics are. */
export async function metricsUrlOf({url, stderr}: Pick<ServeProcess, 'stderr' | 'url'>): Promise<string> {
  await url
  const told = /"metrics":"([^"]+)"/
  await until(async () => Promise.resolve(told.test(stderr())))
  return told.exec(stderr())?.[1] ?? ''
}

export type WatchedShop = TestDatabase & {
  origin: string
  metricsUrl: string
  /** The errors that were logged. */
  errors: object[]
  scrape: () => Promise<Scrape>
  close: () => Promise<void>
}

/** Starts a shop as `shop serve` does, with metrics. `through` replaces the address of its database. */
export async function startWatchedShop(
  t: ExecutionContext,
  {env = {}, through}: {env?: NodeJS.ProcessEnv; through?: (url: string) => Promise<string>} = {},
): Promise<WatchedShop> {
  const {db, url} = await createDatabase(t)
  const errors: object[] = []
  const log = pino({
    level: 'error',
    hooks: {
      logMethod([entry]) {
        errors.push(entry as object)
      },
    },
  })
  const databaseUrl = (await through?.(url)) ?? url
  const config = readConfig({DATABASE_URL: databaseUrl, SHOP_METRICS_PORT: '0', ...env}, {dataDir: '/nowhere'})
  const database = await openDatabase(config.database, {poolSize: 1, waitSeconds: 10, ...sessionsOfTests})
  let isClosed = false
  let stop = async (): Promise<void> => Promise.resolve()
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await stop()
    await database.close()
  }
  t.teardown(close)
  const shop = await startShop(1, database, log, {...config, host: '127.0.0.1', port: 0})
  stop = async () => shop.close(0)
  const {metricsUrl = 'off'} = shop
  return {
    ...{db, url, origin: shop.url, metricsUrl, errors, close},
    async scrape() {
      // On a busy machine, the first scrapes do not wait for the figures of the database.
      await until(async () => hasFigures(await scrape(metricsUrl)))
      return scrape(metricsUrl)
    },
  }
}

function hasFigures(scraped: Scrape): boolean {
  return ['shop_products_sold_out', 'shop_held_units', 'shop_payments{state="created"}'].every((key) => key in scraped)
}
