import {setTimeout as sleep} from 'node:timers/promises'

import {BenchmarkError} from './benchmark-error.ts'
import {type BasketComparison, type BasketRow, rateRow} from './baskets.ts'
import type {Bench} from './compare.ts'
import {compareRounds, measureInTurn} from './in-turn.ts'
import {type Load, measure} from './load.ts'
import {againstPace, quickPace} from './pace.ts'
import {orderLoad} from './scenarios.ts'
import {type ShopProcess, withShopProcess} from './shop-process.ts'
import {type Measured, median} from './statistics.ts'

export const metricsScenario = 'metrics on and off, 64 conn.'

const loads: {name: string; load: Load}[] = [
  {name: 'orders of 1 product', load: orderLoad('hot', 64)},
  {
    name: 'catalogue page',
    load: {connections: 64, request: () => ({method: 'GET', path: '/products/list/'}), status: 200},
  },
]

/** Prometheus asks four times a minute. */
const scrapeEveryMs = 1000

type Round = Measured & {cpuUs: number}

/** Measures a server whose metrics are read once a second in turn with one without metrics. */
export async function compareMetrics({shop, pace, signal}: Bench): Promise<BasketComparison> {
  // Single rounds vary by more than the 5 % that metrics may take.
  const rounds = pace === quickPace ? pace.rounds : againstPace.rounds
  const env = {SHOP_METRICS_PORT: '0'}
  return withShopProcess(shop.url, {workers: '1', env}, async (watched) =>
    withShopProcess(shop.url, {workers: '1'}, async (plain) => {
      const rows: BasketRow[] = []
      for (const {name, load} of loads) {
        const measureAt = async (process: ShopProcess, seconds = pace.seconds): Promise<Round> =>
          measureRound(process, load, seconds, signal)
        await measureAt(watched, 2)
        await measureAt(plain, 2)
        const [on, off] = await measureInTurn(
          rounds,
          async () => measureAt(watched),
          async () => measureAt(plain),
        )
        rows.push(rateRow(name, on, off, {compared: 'without metrics', bound: 0.95}), cpuRow(name, on, off))
      }
      return {rows, rounds, verdicts: rows.flatMap(({verdict}) => verdict ?? [])}
    }),
  )
}

async function measureRound(
  {origin, monitor, metricsUrl}: ShopProcess,
  load: Load,
  seconds: number,
  signal: AbortSignal,
): Promise<Round> {
  const ending = new AbortController()
  const scraping = metricsUrl === undefined ? undefined : scrape(metricsUrl, ending.signal)
  await monitor.readLoop()
  const measured = await measure(origin, load, seconds, signal)
  const {cpuMs} = await monitor.readLoop()
  ending.abort()
  await scraping
  return {...measured, cpuUs: (1000 * cpuMs) / (measured.perSecond * seconds)}
}

async function scrape(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(url)
    const text = await response.text()
    if (!response.ok) throw new BenchmarkError(`The metrics could not be read: ${response.status} ${text}`)
    await sleep(scrapeEveryMs, undefined, {signal}).catch(() => undefined)
  }
}

/** The CPU time of the server's process, which other load on the machine changes less than a rate. */
function cpuRow(of: string, on: Round[], off: Round[]): BasketRow {
  const name = `CPU time: ${of}`
  const micros = (rounds: Round[]): string => `${median(rounds.map(({cpuUs}) => cpuUs)).toFixed(0)} us`
  const {ratio} = compareRounds(
    on.map(({cpuUs}) => ({perSecond: cpuUs})),
    off.map(({cpuUs}) => ({perSecond: cpuUs})),
    'perSecond',
  )
  return {
    name,
    figure: micros(on),
    compared: `${micros(off)} (without metrics)`,
    ratio: ratio.toFixed(2),
  }
}
