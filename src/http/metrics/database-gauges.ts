import type {Knex} from 'knex'

import {failureFields} from '../../db/errors.ts'
import {figure, type Metric} from '../../metrics/metric.ts'
import {countOpenPayments, countSoldOut, readHoldFigures} from '../../services/shop/gauges.ts'
import {within} from '../../within.ts'
import type {Log} from '../log.ts'

/** A figure is read again after so many milliseconds, or so many times as long as its last reading took. */
const pauseMs = 5000
const restFactor = 50
/** After a failure, no longer than this: the database may have been away, and is back. */
const failurePauseMs = 60_000

const failuresTotal = {
  name: 'shop_metrics_refresh_failures_total',
  help: 'Readings of the gauges of the database that failed.',
}
const refreshedTimestamp = {
  name: 'shop_metrics_refreshed_timestamp_seconds',
  help: 'When gauges of the database were read last, in seconds since 1970.',
}

/** How long a scrape waits for figures. Then it gets those of before. */
const defaultWaitMs = 1000

type Reading = {
  read: (db: Knex) => Promise<Metric[]>
  known: Metric[]
  nextAt: number
  running: Promise<void> | undefined
}

export type DatabaseGauges = {read: () => Promise<Metric[]>}

/**
 * Reads the figures that only the database has, if somebody asks for them. In a shop of a million products one takes a
 * second of a core, so each gets a fiftieth of the time at most. A failure is counted, and leaves what was known.
 */
export function createDatabaseGauges(
  db: Knex,
  log: Pick<Log, 'error'>,
  {now = () => performance.now(), waitMs = defaultWaitMs}: {now?: () => number; waitMs?: number} = {},
): DatabaseGauges {
  let failures = 0
  let refreshedAt: number | undefined
  const readings = [readHolds, readPayments, readSoldOut].map((read): Reading => ({
    read,
    known: [],
    nextAt: 0,
    running: undefined,
  }))

  // One at a time, so that no figure rests for the time that another one took.
  let lastTurn = Promise.resolve()

  async function refresh(reading: Reading): Promise<void> {
    const start = now()
    let longestPauseMs = Infinity
    try {
      reading.known = await reading.read(db)
      refreshedAt = new Date().getTime() / 1000
    } catch (error) {
      failures++
      longestPauseMs = failurePauseMs
      log.error(failureFields(error), 'Metrics could not be read from the database.')
    }
    reading.nextAt = now() + Math.min(Math.max(pauseMs, restFactor * (now() - start)), longestPauseMs)
    reading.running = undefined
  }

  return {
    async read() {
      for (const reading of readings) {
        if (now() >= reading.nextAt) reading.running ??= lastTurn = lastTurn.then(async () => refresh(reading))
      }
      await within(Promise.all(readings.map(async ({running}) => running)), waitMs)
      return [
        ...readings.flatMap(({known}) => known),
        figure('counter', failuresTotal, failures),
        figure('gauge', refreshedTimestamp, refreshedAt ?? []),
      ]
    },
  }
}

async function readHolds(db: Knex): Promise<Metric[]> {
  const {heldUnits, endingSoon} = await readHoldFigures(db)
  return [
    figure('gauge', {name: 'shop_held_units', help: 'Units that baskets hold.'}, heldUnits),
    figure('gauge', {name: 'shop_holds_ending_soon', help: 'Holds that end within a minute.'}, endingSoon),
  ]
}

async function readPayments(db: Knex): Promise<Metric[]> {
  const counts = await countOpenPayments(db)
  const values = counts.map(({state, count}) => ({labels: {state}, value: count}))
  return [figure('gauge', {name: 'shop_payments', help: 'Payments that may still change, by their state.'}, values)]
}

async function readSoldOut(db: Knex): Promise<Metric[]> {
  const soldOut = {name: 'shop_products_sold_out', help: 'Enabled products without stock that can be bought.'}
  return [figure('gauge', soldOut, await countSoldOut(db))]
}
